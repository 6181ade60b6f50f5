package archtest

import (
	"fmt"
	"go/ast"
	"go/token"
)

// Problem is one place at which a rule is broken.
type Problem struct {
	Path   string // of the file, or of the directory when a file is missing
	Line   int    // from 1; 0 when the problem concerns all of Path
	What   string
	Remedy string
}

// String returns "path:line: what; remedy".
func (p Problem) String() string {
	if p.Line == 0 {
		return fmt.Sprintf("%s: %s; %s", p.Path, p.What, p.Remedy)
	}
	return fmt.Sprintf("%s:%d: %s; %s", p.Path, p.Line, p.What, p.Remedy)
}

// Rule is one thing that holds everywhere in the repository.
type Rule struct {
	// Sentence says what holds. It is the name of the subtest.
	Sentence string
	// Check returns every place at which it does not hold, in the order of the files.
	Check func(*Tree) []Problem
}

// problem makes a Problem at a node of f.
func (f *File) problem(at token.Pos, remedy, what string, args ...any) Problem {
	return Problem{Path: f.Path, Line: f.fset.Position(at).Line, What: fmt.Sprintf(what, args...), Remedy: remedy}
}

// inspect calls visit for every node of f and collects what it reports.
func (f *File) inspect(visit func(ast.Node) []Problem) []Problem {
	var found []Problem
	ast.Inspect(f.code, func(n ast.Node) bool {
		if n != nil {
			found = append(found, visit(n)...)
		}
		return true
	})
	return found
}

// inProduction applies a check to every file that is not a test, of the packages that are chosen.
func inProduction(t *Tree, chosen func(*Package) bool, check func(*File) []Problem) []Problem {
	var found []Problem
	for _, pkg := range t.Packages {
		if !chosen(pkg) {
			continue
		}
		for _, f := range pkg.production() {
			found = append(found, check(f)...)
		}
	}
	return found
}

func anyPackage(*Package) bool { return true }
