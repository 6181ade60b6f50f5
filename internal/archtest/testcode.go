package archtest

import (
	"go/ast"
	"slices"
	"strings"
)

// checkTestImports keeps test packages and test libraries out of what is shipped.
func checkTestImports(t *Tree) []Problem {
	libraries := []string{
		"testing", "testing/synctest", "testing/quick", "testing/fstest", "testing/iotest",
		"github.com/stretchr/testify/require", "github.com/stretchr/testify/assert",
		"go.uber.org/goleak", "pgregory.net/rapid",
	}
	shipped := func(p *Package) bool { return !p.forTests() }
	return inProduction(t, shipped, func(f *File) []Problem {
		var found []Problem
		for _, imp := range f.imports() {
			own, inModule := t.local(imp.path)
			if inModule && isTestPath(own) || slices.Contains(libraries, imp.path) {
				found = append(found, f.problem(imp.spec.Pos(),
					"move what needs it into a _test.go file or a package whose name ends in test",
					"production code imports %s", imp.path))
			}
		}
		return found
	})
}

// inTests applies a check to every file whose code only tests run.
func inTests(t *Tree, check func(*File) []Problem) []Problem {
	var found []Problem
	for _, pkg := range t.Packages {
		for _, f := range pkg.Files {
			if f.Test || pkg.forTests() {
				found = append(found, check(f)...)
			}
		}
	}
	return found
}

// checkSkips finds tests that can pass without having run. The methods are found by name: whatever has a Skip method in a
// test is a T.
func checkSkips(t *Tree) []Problem {
	return inTests(t, func(f *File) []Problem {
		return f.inspect(func(n ast.Node) []Problem {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return nil
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return nil
			}
			pkg, name := f.qualified(sel)
			if pkg == "testing" && name == "Short" ||
				pkg == "" && slices.Contains([]string{"Skip", "Skipf", "SkipNow"}, sel.Sel.Name) {
				return []Problem{f.problem(call.Pos(),
					"fail with what is missing, or leave the case out where it cannot apply",
					"the test can pass without having run, by %s", sel.Sel.Name)}
			}
			return nil
		})
	})
}

// checkTestSleeps finds tests that wait for luck. In a bubble of testing/synctest a sleep is exact and takes no time; a file
// without tests, beside others that have bubbles, is taken to hold what runs in them.
func checkTestSleeps(t *Tree) []Problem {
	return inTests(t, func(f *File) []Problem {
		if f.bubbles() || !f.hasTests() && slices.ContainsFunc(f.pkg.Files, (*File).bubbles) {
			return nil
		}
		return f.inspect(func(n ast.Node) []Problem {
			if pkg, name := f.qualified(n); pkg == "time" && name == "Sleep" {
				return []Problem{f.problem(n.Pos(), "wait for the condition itself, on a channel or in a synctest bubble",
					"the test sleeps")}
			}
			return nil
		})
	})
}

func (f *File) bubbles() bool {
	return slices.ContainsFunc(f.imports(), func(i imported) bool { return i.path == "testing/synctest" })
}

func (f *File) hasTests() bool {
	return slices.ContainsFunc(f.code.Decls, func(d ast.Decl) bool {
		fn, ok := d.(*ast.FuncDecl)
		return ok && fn.Recv == nil && strings.HasPrefix(fn.Name.Name, "Test")
	})
}

// checkAsserts keeps to the one assertion style.
func checkAsserts(t *Tree) []Problem {
	return inTests(t, func(f *File) []Problem {
		var found []Problem
		for _, imp := range f.imports() {
			if imp.path == "github.com/stretchr/testify/assert" {
				found = append(found, f.problem(imp.spec.Pos(), "use testify/require",
					"a test that goes on after a failed assertion reports what follows from it"))
			}
		}
		return found
	})
}
