package archtest

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"

	"github.com/skaldgo/skald/internal/syntax"
)

// checkPackageDocs wants one place in each package where a reader begins. A program may have its comment in any file.
func checkPackageDocs(t *Tree) []Problem {
	var found []Problem
	for _, pkg := range t.Packages {
		name := pkg.name()
		if name == "" {
			continue
		}
		var documented bool
		for _, f := range pkg.production() {
			if f.code.Doc == nil {
				continue
			}
			documented = documented || name == "main" || f.Path == docFile(pkg.Path)
			if name != "main" && f.Path != docFile(pkg.Path) {
				found = append(found, f.problem(f.code.Doc.Pos(), "move it to doc.go, where readers look for it",
					"a package comment outside doc.go"))
			}
			if begins := "Package " + name + " "; name != "main" && !strings.HasPrefix(f.code.Doc.Text(), begins) {
				found = append(found, f.problem(f.code.Doc.Pos(), "begin it with "+begins+"and what it does",
					"the package comment does not name its package"))
			}
		}
		if !documented {
			found = append(found, Problem{
				Path: pkg.Path, What: "the package has no comment",
				Remedy: "add a doc.go that says what the package guarantees",
			})
		}
	}
	return found
}

func docFile(pkg string) string {
	if pkg == "." {
		return "doc.go"
	}
	return pkg + "/doc.go"
}

// checkSymbolDocs wants a comment on every exported symbol that a program could import. One on a group stands for its
// members; a method that only satisfies a well-known interface says it all with its name.
func checkSymbolDocs(t *Tree) []Problem {
	importable := func(p *Package) bool { return p.name() != "main" }
	return inProduction(t, importable, func(f *File) []Problem {
		if f.Generated {
			return nil
		}
		var found []Problem
		for _, decl := range f.code.Decls {
			for _, name := range undocumented(decl) {
				found = append(found, f.problem(name.Pos(), "say what it guarantees to the caller",
					"exported %s has no comment", name.Name))
			}
		}
		return found
	})
}

// undocumented returns the names that a declaration exports without a comment.
func undocumented(decl ast.Decl) []*ast.Ident {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Doc == nil && d.Name.IsExported() && (d.Recv == nil || token.IsExported(syntax.Receiver(d))) && !wellKnown(d) {
			return []*ast.Ident{d.Name}
		}
	case *ast.GenDecl:
		var names []*ast.Ident
		for _, spec := range d.Specs {
			names = append(names, undocumentedSpec(d, spec)...)
		}
		return names
	}
	return nil
}

func undocumentedSpec(group *ast.GenDecl, spec ast.Spec) []*ast.Ident {
	switch s := spec.(type) {
	case *ast.TypeSpec:
		if s.Name.IsExported() && s.Doc == nil && s.Comment == nil && (group.Doc == nil || group.Lparen.IsValid()) {
			return []*ast.Ident{s.Name}
		}
	case *ast.ValueSpec:
		if group.Doc != nil || s.Doc != nil || s.Comment != nil {
			return nil
		}
		return slices.DeleteFunc(slices.Clone(s.Names), func(n *ast.Ident) bool { return !n.IsExported() })
	}
	return nil
}

func wellKnown(fn *ast.FuncDecl) bool {
	return fn.Recv != nil && slices.Contains([]string{
		"String", "GoString", "Error", "Is", "As", "Unwrap", "LogValue",
		"MarshalText", "UnmarshalText", "MarshalJSON", "UnmarshalJSON", "AppendJSON", "DecodeJSON",
		"Len", "Less", "Swap", "Write", "Read", "Close",
	}, fn.Name.Name)
}

// checkMarkers finds work that was put off in a comment.
func checkMarkers(t *Tree) []Problem {
	var found []Problem
	for _, pkg := range t.Packages {
		for _, f := range pkg.Files {
			for _, group := range f.code.Comments {
				for _, comment := range group.List {
					for _, mark := range []string{"TO" + "DO", "FIX" + "ME", "XX" + "X"} {
						if hasWord(comment.Text, mark) {
							found = append(found, f.problem(comment.Pos(), "do it, or leave it out", "a comment says %s", mark))
						}
					}
				}
			}
		}
	}
	return found
}

func hasWord(text, word string) bool {
	return slices.Contains(strings.FieldsFunc(text, func(r rune) bool {
		return (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (r < '0' || r > '9')
	}), word)
}
