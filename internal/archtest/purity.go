package archtest

import (
	"go/ast"
	"go/token"
	"path"
	"slices"
	"strings"
)

// pureFiles are the patterns of the files in which sagas are decided. The same inputs give the same events in them, in
// production, in a simulation and in a replay years later.
func pureFiles() []string {
	return []string{"instance.go", "evolve.go", "decide.go", "outcome.go", "entry.go", "engine*.go"}
}

func checkPurity(t *Tree) []Problem {
	i := slices.IndexFunc(t.Packages, func(p *Package) bool { return p.Path == "saga" })
	if i < 0 {
		return []Problem{{Path: "saga", What: "there is no such package", Remedy: "tell the rule where sagas are decided"}}
	}
	var found []Problem
	for _, pattern := range pureFiles() {
		matched := false
		for _, f := range t.Packages[i].production() {
			if ok, _ := path.Match(pattern, path.Base(f.Path)); ok {
				matched = true
				found = append(found, f.impurities()...)
			}
		}
		if !matched {
			found = append(found, Problem{
				Path: "saga/" + pattern, What: "there is no such file",
				Remedy: "name in pureFiles() of internal/archtest the file that holds this part of the decision",
			})
		}
	}
	return found
}

func (f *File) impurities() []Problem {
	const remedy = "let the shell do it, and hand the result in as a field of the input"
	var found []Problem
	for _, imp := range f.imports() {
		if impureImport(imp.path) {
			found = append(found, f.problem(imp.spec.Pos(), remedy, "a pure file imports %s", imp.path))
		}
	}
	return append(found, f.inspect(func(n ast.Node) []Problem {
		if what := f.impurity(n); what != "" {
			return []Problem{f.problem(n.Pos(), remedy, "a pure file %s", what)}
		}
		return nil
	})...)
}

func impureImport(importPath string) bool {
	return slices.ContainsFunc([]string{
		"context", "crypto/rand", "math/rand", "os", "sync", "io", "net", "log", "database", "testing",
		"github.com/google/uuid",
	}, func(pkg string) bool { return importPath == pkg || strings.HasPrefix(importPath, pkg+"/") })
}

func (f *File) impurity(n ast.Node) string {
	switch n := n.(type) {
	case *ast.GoStmt:
		return "starts a goroutine"
	case *ast.ChanType:
		return "has a channel"
	case *ast.SelectStmt:
		return "has a select"
	case *ast.SendStmt:
		return "sends on a channel"
	case *ast.UnaryExpr:
		if n.Op == token.ARROW {
			return "receives from a channel"
		}
	case *ast.SelectorExpr:
		pkg, name := f.qualified(n)
		clock := []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}
		if pkg == "time" && slices.Contains(clock, name) {
			return "uses the clock, by time." + name
		}
	}
	return ""
}
