package archtest

import (
	"go/ast"
	"slices"
)

// checkLeaks wants every package that starts goroutines, in its tests or in what is shipped, to prove that they end. Those
// of a program end with it, but those of its tests do not.
func checkLeaks(t *Tree) []Problem {
	var found []Problem
	for _, pkg := range t.Packages {
		if pkg.watchesLeaks() {
			continue
		}
		for _, f := range pkg.Files {
			if pkg.name() == "main" && !f.Test {
				continue
			}
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

// watchesLeaks reports whether a TestMain of the package looks for goroutines when all tests have ended.
func (p *Package) watchesLeaks() bool {
	return slices.ContainsFunc(p.Files, func(f *File) bool {
		if !f.Test {
			return false
		}
		looks := f.inspect(func(n ast.Node) []Problem {
			pkg, name := f.qualified(n)
			if pkg == "go.uber.org/goleak" && (name == "VerifyTestMain" || name == "Find") {
				return []Problem{{}}
			}
			return nil
		})
		return len(looks) > 0
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
