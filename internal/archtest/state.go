package archtest

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"

	"github.com/skaldgo/skald/internal/syntax"
)

// checkInit finds code that runs because a package was imported.
func checkInit(t *Tree) []Problem {
	return inProduction(t, anyPackage, func(f *File) []Problem {
		var found []Problem
		for _, decl := range f.code.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				found = append(found, f.problem(fn.Pos(), "let the caller construct and register what it uses",
					"an init function"))
			}
		}
		return found
	})
}

// checkPackageState finds package variables that hold, or could come to hold, state. Allowed are values that nothing
// changes: errors, compiled expressions and tables, arrays, plain struct values, embedded files.
func checkPackageState(t *Tree) []Problem {
	var found []Problem
	for _, pkg := range t.Packages {
		vars := map[string]bool{}
		for _, f := range pkg.production() {
			for _, spec := range f.packageVars() {
				for i, name := range spec.Names {
					if name.Name == "_" {
						continue
					}
					vars[name.Name] = true
					if why := f.mutable(spec, i); why != "" {
						found = append(found, f.problem(name.Pos(),
							"make it a field of what uses it, a constant, an array, or the result of a function",
							"package variable %s is %s", name.Name, why))
					}
				}
			}
		}
		for _, f := range pkg.production() {
			found = append(found, f.assignments(vars)...)
		}
	}
	return found
}

func (f *File) packageVars() []*ast.ValueSpec {
	var specs []*ast.ValueSpec
	for _, decl := range f.code.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.VAR {
			continue
		}
		embedded := group.Doc != nil && strings.Contains(docText(group.Doc), "//go:embed")
		for _, spec := range group.Specs {
			v := spec.(*ast.ValueSpec)
			if !embedded && (v.Doc == nil || !strings.Contains(docText(v.Doc), "//go:embed")) {
				specs = append(specs, v)
			}
		}
	}
	return specs
}

// docText is the comment with its directives, which CommentGroup.Text leaves out.
func docText(group *ast.CommentGroup) string {
	var b strings.Builder
	for _, c := range group.List {
		b.WriteString(c.Text + "\n")
	}
	return b.String()
}

// mutable says what about variable i of spec can change, or nothing.
func (f *File) mutable(spec *ast.ValueSpec, i int) string {
	if len(spec.Values) <= i {
		return f.mutableType(spec.Type)
	}
	switch value := spec.Values[i].(type) {
	case *ast.CallExpr:
		pkg, name := f.qualified(value.Fun)
		made := []string{"errors.New", "fmt.Errorf", "regexp.MustCompile", "hash/crc32.MakeTable"}
		if !slices.Contains(made, pkg+"."+name) {
			return "the result of a call"
		}
		return ""
	case *ast.CompositeLit:
		return f.mutableType(value.Type)
	case *ast.BasicLit, *ast.SelectorExpr, *ast.Ident, *ast.BinaryExpr:
		return ""
	}
	return "neither a plain value nor an error"
}

func (f *File) mutableType(expr ast.Expr) string {
	switch typ := expr.(type) {
	case *ast.ArrayType:
		if typ.Len == nil {
			return "a slice"
		}
		return ""
	case *ast.MapType:
		return "a map"
	case *ast.Ident:
		return f.pkg.mutableNamed(typ.Name, f)
	case *ast.IndexExpr:
		return f.mutableType(typ.X)
	case *ast.SelectorExpr:
		if pkg, name := f.qualified(typ); strings.HasPrefix(pkg, "sync") {
			return "a " + pkg + "." + name
		}
		return ""
	}
	return "a reference to something else"
}

func (p *Package) mutableNamed(name string, within *File) string {
	for _, f := range p.production() {
		for _, decl := range f.code.Decls {
			group, ok := decl.(*ast.GenDecl)
			if !ok || group.Tok != token.TYPE {
				continue
			}
			for _, spec := range group.Specs {
				typ := spec.(*ast.TypeSpec)
				if _, plain := typ.Type.(*ast.StructType); typ.Name.Name == name && !plain {
					return within.mutableType(typ.Type)
				}
			}
		}
	}
	return ""
}

// assignments finds statements that change one of the package's variables, or take its address.
func (f *File) assignments(vars map[string]bool) []Problem {
	report := func(target ast.Expr, done string) []Problem {
		id := syntax.Root(target)
		if id == nil || !vars[id.Name] || syntax.IsLocal(f.code, id) {
			return nil
		}
		return []Problem{f.problem(target.Pos(), "keep the state in a value that the caller owns",
			"package variable %s %s", id.Name, done)}
	}
	return f.inspect(func(n ast.Node) []Problem {
		var found []Problem
		switch n := n.(type) {
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				for _, target := range n.Lhs {
					found = append(found, report(target, "is assigned to")...)
				}
			}
		case *ast.IncDecStmt:
			found = report(n.X, "is assigned to")
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				found = report(n.X, "has its address taken")
			}
		}
		return found
	})
}
