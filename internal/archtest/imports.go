package archtest

import (
	"go/ast"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// imported is one import of a file.
type imported struct {
	path string
	spec *ast.ImportSpec
}

func (f *File) imports() []imported {
	all := make([]imported, 0, len(f.code.Imports))
	for _, spec := range f.code.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the parser has refused such a file already
		}
		all = append(all, imported{name, spec})
	}
	return all
}

// local cuts the module off an import path; ok is false for a package of another module.
func (t *Tree) local(importPath string) (pkg string, ok bool) {
	if importPath == t.Module {
		return ".", true
	}
	return strings.CutPrefix(importPath, t.Module+"/")
}

// standard reports whether a path is of the standard library, whose paths have no dot in their first element.
func standard(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	return !strings.Contains(first, ".")
}

var majorVersion = regexp.MustCompile(`^v[0-9]+$`)

// knownAs is the name under which a file refers to an import: its alias, or else what its path suggests.
func (i imported) knownAs() string {
	if i.spec.Name != nil {
		return i.spec.Name.Name
	}
	base := path.Base(i.path)
	if majorVersion.MatchString(base) {
		base = path.Base(path.Dir(i.path))
	}
	return base
}

// qualified returns the import path and the name when expr is pkg.Name, and empty strings when it is not. A local
// variable that is named like a package is not taken for it.
func (f *File) qualified(expr ast.Node) (pkg, name string) {
	sel, ok := expr.(*ast.SelectorExpr)
	if !ok {
		return "", ""
	}
	x, ok := sel.X.(*ast.Ident)
	if !ok || x.Obj != nil {
		return "", ""
	}
	for _, i := range f.imports() {
		if i.knownAs() == x.Name {
			return i.path, sel.Sel.Name
		}
	}
	return "", ""
}
