package archtest

import "go/ast"

// The budget. What outgrows it holds more than one idea.
const (
	maxFileLines     = 300
	maxTestFileLines = 500
	maxFuncLines     = 60
)

func checkFileSize(t *Tree) []Problem {
	var found []Problem
	for _, pkg := range t.Packages {
		for _, f := range pkg.Files {
			limit := maxFileLines
			if f.Test {
				limit = maxTestFileLines
			}
			if f.Lines > limit && !f.Generated {
				found = append(found, f.problem(f.code.Package, "split it by idea, and name each file after its own",
					"the file has %d lines, the limit is %d", f.Lines, limit))
			}
		}
	}
	return found
}

func checkFuncSize(t *Tree) []Problem {
	var found []Problem
	for _, pkg := range t.Packages {
		for _, f := range pkg.Files {
			if f.Generated {
				continue
			}
			for _, decl := range f.code.Decls {
				fn, ok := decl.(*ast.FuncDecl)
				if !ok {
					continue
				}
				lines := f.fset.Position(fn.End()).Line - f.fset.Position(fn.Pos()).Line + 1
				if lines > maxFuncLines {
					found = append(found, f.problem(fn.Pos(), "give its parts names of their own",
						"%s has %d lines, the limit is %d", fn.Name.Name, lines, maxFuncLines))
				}
			}
		}
	}
	return found
}
