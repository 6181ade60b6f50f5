package syntax

import "go/ast"

// Receiver returns the name of the type that a method is of, whatever its type parameters; "" for a function, and for what
// does not compile.
func Receiver(fn *ast.FuncDecl) string {
	if fn.Recv == nil || len(fn.Recv.List) == 0 {
		return ""
	}
	of := fn.Recv.List[0].Type
	for {
		switch e := of.(type) {
		case *ast.StarExpr:
			of = e.X
		case *ast.IndexExpr:
			of = e.X
		case *ast.IndexListExpr:
			of = e.X
		case *ast.Ident:
			return e.Name
		default:
			return ""
		}
	}
}

// IsLocal reports whether a name stands for something that a function of the file has declared for itself. The file must have
// been parsed with objects resolved. The key of a literal counts as what a variable of that name would.
func IsLocal(file *ast.File, name *ast.Ident) bool {
	return name.Obj != nil && file.Scope.Lookup(name.Name) != name.Obj //nolint:staticcheck // scopes suffice, types are not needed
}
