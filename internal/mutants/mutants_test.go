package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// root is the module, seen from this package.
const root = "../.."

func TestNoMutantIsStale(t *testing.T) {
	require.NoError(t, stale(root, mutants()))
}

func TestEveryMutantSaysWhatItIs(t *testing.T) {
	names := map[string]bool{}
	for _, m := range mutants() {
		require.False(t, names[m.name], "two mutants are called %q", m.name)
		names[m.name] = true
		require.NotEmpty(t, m.edits, m.name)
		require.NotEmpty(t, m.caught, m.name)
		require.True(t, strings.HasSuffix(m.harm, "."), "%q says in a sentence what it would do to a user", m.name)
		for _, e := range m.edits {
			require.NotEqual(t, e.old, e.new, m.name)
			require.False(t, strings.HasSuffix(e.file, "_test.go"), "%q changes a test", m.name)
		}
	}
	require.GreaterOrEqual(t, len(names), 35)
}

func TestEveryTestThatIsToCatchAMutantExists(t *testing.T) {
	tests := map[string]map[string]bool{}
	for _, m := range mutants() {
		for _, c := range m.caught {
			if tests[c.pkg] == nil {
				tests[c.pkg] = testsOf(t, c.pkg)
			}
			name, _, _ := strings.Cut(c.test, "/")
			require.True(t, tests[c.pkg][name], "%q is to be caught by %s, which does not exist", m.name, c)
		}
	}
}

// testsOf returns the names of the test functions of a package.
func testsOf(t *testing.T, pkg string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(pkg), "*_test.go"))
	require.NoError(t, err)
	names := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		code, err := parser.ParseFile(token.NewFileSet(), file, text, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, decl := range code.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil {
				names[f.Name.Name] = true
			}
		}
	}
	return names
}
