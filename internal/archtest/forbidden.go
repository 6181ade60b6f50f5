package archtest

import (
	"go/ast"
	"slices"
	"strings"
)

// checkForbidden finds calls and imports by which a library acts behind the back of the program that uses it.
func checkForbidden(t *Tree) []Problem {
	return inProduction(t, (*Package).library, func(f *File) []Problem {
		var found []Problem
		for _, imp := range f.imports() {
			if imp.path == "log" {
				found = append(found, f.problem(imp.spec.Pos(), "take a *slog.Logger in the config, nil = discard",
					"a library writes to the default logger"))
			}
		}
		return append(found, f.inspect(func(n ast.Node) []Problem {
			pkg, name := f.qualified(n)
			if what, remedy := forbidden(pkg, name); what != "" {
				return []Problem{f.problem(n.Pos(), remedy, "%s.%s: %s", pkg, name, what)}
			}
			return nil
		})...)
	})
}

func forbidden(pkg, name string) (what, remedy string) {
	switch {
	case pkg == "time" && name == "Sleep":
		return "a sleep cannot be cancelled", "wait on a timer and ctx.Done() together"
	case pkg == "log/slog" && slices.Contains([]string{
		"Default", "SetDefault", "Debug", "Info", "Warn", "Error", "Log", "LogAttrs",
		"DebugContext", "InfoContext", "WarnContext", "ErrorContext",
	}, name):
		return "the default logger belongs to the program", "take a *slog.Logger in the config, nil = discard"
	case pkg == "fmt" && strings.HasPrefix(name, "Print"):
		return "standard output belongs to the program", "return it, or log it"
	case pkg == "os" && name == "Exit":
		return "only the program ends itself", "return an error"
	case pkg == "context" && name == "TODO":
		return "a context from nowhere", "take the caller's context"
	}
	return "", ""
}

// checkContexts finds structs that keep a context beyond the call that it was given to.
func checkContexts(t *Tree) []Problem {
	return inProduction(t, anyPackage, func(f *File) []Problem {
		return f.inspect(func(n ast.Node) []Problem {
			structure, ok := n.(*ast.StructType)
			if !ok {
				return nil
			}
			var found []Problem
			for _, field := range structure.Fields.List {
				typ := field.Type
				if star, ok := typ.(*ast.StarExpr); ok {
					typ = star.X
				}
				if pkg, name := f.qualified(typ); pkg == "context" && name == "Context" {
					found = append(found, f.problem(field.Pos(), "pass it as the first parameter of what needs it",
						"a struct holds a context"))
				}
			}
			return found
		})
	})
}
