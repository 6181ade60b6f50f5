package syntax

import "go/ast"

// Receiver returns the name of the type that a method is of, whatever its type parameters; "" for a function, and for what
// does not compile.
func Receiver(fn *ast.FuncDecl) string {
	if fn.Recv == nil || len(fn.Recv.List) == 0 {
		return ""
	}
	if name := Root(fn.Recv.List[0].Type); name != nil {
		return name.Name
	}
	return ""
}

// Root returns x of x, *x, x.f, x[i], x.f[i].g and so on; nil for what does not begin with a name.
func Root(expr ast.Expr) *ast.Ident {
	for {
		switch e := expr.(type) {
		case *ast.Ident:
			return e
		case *ast.SelectorExpr:
			expr = e.X
		case *ast.IndexExpr:
			expr = e.X
		case *ast.IndexListExpr:
			expr = e.X
		case *ast.StarExpr:
			expr = e.X
		case *ast.ParenExpr:
			expr = e.X
		default:
			return nil
		}
	}
}

// IsLocal reports whether a name stands for something that a function of the file has declared for itself. The file must have
// been parsed with objects resolved. The key of a literal counts as what a variable of that name would.
func IsLocal(file *ast.File, name *ast.Ident) bool {
	return name.Obj != nil && file.Scope.Lookup(name.Name) != name.Obj
}
