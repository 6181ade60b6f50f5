package archtest

import (
	"go/ast"
	"slices"
)

// checkLeaks wants every package that starts goroutines to prove that they end. Those of a program end with it.
func checkLeaks(t *Tree) []Problem {
	var found []Problem
	for _, pkg := range t.Packages {
		if pkg.watchesLeaks() || pkg.name() == "main" {
			continue
		}
		for _, f := range pkg.production() {
			starts := f.inspect(func(n ast.Node) []Problem {
				if !startsGoroutine(n) {
					return nil
				}
				return []Problem{f.problem(n.Pos(), "call goleak.VerifyTestMain in a TestMain of the package",
					"a goroutine is started, and no test looks for leaks")}
			})
			if len(starts) > 0 {
				found = append(found, starts[0])
				break
			}
		}
	}
	return found
}

func (p *Package) watchesLeaks() bool {
	return slices.ContainsFunc(p.Files, func(f *File) bool {
		return f.Test && slices.ContainsFunc(f.imports(), func(i imported) bool { return i.path == "go.uber.org/goleak" })
	})
}

// startsGoroutine finds go statements and the Go method of a wait group or an errgroup.
func startsGoroutine(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.GoStmt:
		return true
	case *ast.CallExpr:
		sel, ok := n.Fun.(*ast.SelectorExpr)
		return ok && sel.Sel.Name == "Go" && len(n.Args) == 1
	}
	return false
}
