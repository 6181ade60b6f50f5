package syntax_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/internal/syntax"
)

const lamp = `package lamp

var bulb = 1

type glass[T any] struct{ of T }

func (g *glass[T]) shine() int { bulb := bulb; return bulb }
func dim() int                 { return bulb }
`

func parsed(t *testing.T) *ast.File {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "lamp.go", lamp, 0)
	require.NoError(t, err)
	return file
}

func TestAMethodIsOfItsTypeAndAFunctionOfNone(t *testing.T) {
	of := map[string]string{}
	for _, d := range parsed(t).Decls {
		if fn, is := d.(*ast.FuncDecl); is {
			of[fn.Name.Name] = syntax.Receiver(fn)
		}
	}
	require.Equal(t, map[string]string{"shine": "glass", "dim": ""}, of)
}

func TestAVariableOfAFunctionIsLocalAndOneOfThePackageIsNot(t *testing.T) {
	file := parsed(t)
	var local []bool
	ast.Inspect(file, func(n ast.Node) bool {
		if name, is := n.(*ast.Ident); is && name.Name == "bulb" {
			local = append(local, syntax.IsLocal(file, name))
		}
		return true
	})
	require.Equal(t, []bool{false, true, false, true, false}, local, "declared, shadowed by its own value, returned; and used elsewhere")
}
