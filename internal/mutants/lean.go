package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/skaldgo/skald/internal/syntax"
)

// lean writes the test files of a package anew, with blanks for what the given tests do not need: to compile
// all tests is most of the work on a mutant. Lines stay where they are. Without tests the files are as they were.
func lean(from, to string, tests map[string]bool) error {
	names, err := filepath.Glob(filepath.Join(from, "*_test.go"))
	if err != nil {
		return err
	}
	fset := token.NewFileSet()
	var sources []*source
	for _, name := range names {
		s, err := readSource(fset, name)
		if err != nil {
			return err
		}
		sources = append(sources, s)
	}
	needed := reach(sources, tests)
	var errs []error
	for _, s := range sources {
		text := s.text
		if len(tests) > 0 {
			text = s.only(needed)
		}
		errs = append(errs, os.WriteFile(filepath.Join(to, filepath.Base(s.name)), text, 0o600))
	}
	return errors.Join(errs...)
}

// source is a test file.
type source struct {
	name string
	text []byte
	file *ast.File
	base token.Pos // of the first byte
}

func readSource(fset *token.FileSet, name string) (*source, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	file, err := parser.ParseFile(fset, name, text, 0)
	if err != nil {
		return nil, fmt.Errorf("parse %s: %w", name, err)
	}
	return &source{name: name, text: text, file: file, base: file.FileStart}, nil
}

// names returns the names of which one has to be needed for the declaration to stay, none if it always stays. A method stays
// with its type. Tests, benchmarks and the like are named by nothing.
func names(d ast.Decl) []string {
	switch d := d.(type) {
	case *ast.FuncDecl:
		switch name := d.Name.Name; {
		case d.Recv != nil:
			return []string{syntax.Receiver(d)}
		case name != "init" && name != "TestMain" && name != "_":
			return []string{name}
		}
	case *ast.GenDecl:
		var all []string
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				all = append(all, spec.Name.Name)
			case *ast.ValueSpec:
				for _, name := range spec.Names {
					all = append(all, name.Name)
				}
			}
		}
		if !slices.Contains(all, "_") { // it is there for what it does to the others
			return all
		}
	}
	return nil
}

// reach returns the names that tests need, with everything that is named in what always stays.
func reach(sources []*source, tests map[string]bool) map[string]bool {
	bodies := map[string][]ast.Node{}
	needed := map[string]bool{}
	var open []ast.Node
	for _, s := range sources {
		for _, d := range s.file.Decls {
			of := names(d)
			for _, name := range of {
				bodies[name] = append(bodies[name], d)
			}
			if len(of) == 0 {
				open = append(open, d)
			}
		}
	}
	need := func(name string) {
		if !needed[name] {
			needed[name] = true
			open = append(open, bodies[name]...)
		}
	}
	for test := range tests {
		need(test)
	}
	local := locals(sources)
	var visit func(ast.Node) bool
	visit = func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			if bodies[n.Name] != nil && !local[n] {
				need(n.Name)
			}
		case *ast.SelectorExpr: // what is selected is a field or a method, or of another package
			ast.Inspect(n.X, visit)
			return false
		case *ast.Field: // so are its names: fields, methods, parameters
			ast.Inspect(n.Type, visit)
			return false
		}
		return true
	}
	for len(open) > 0 {
		node := open[len(open)-1]
		open = open[:len(open)-1]
		ast.Inspect(node, visit)
	}
	return needed
}

// locals returns the identifiers that stand for what a function has declared for itself.
func locals(sources []*source) map[*ast.Ident]bool {
	local := map[*ast.Ident]bool{}
	for _, s := range sources {
		ast.Inspect(s.file, func(n ast.Node) bool {
			if name, is := n.(*ast.Ident); is && syntax.IsLocal(s.file, name) {
				local[name] = true
			}
			return true
		})
	}
	return local
}

// only returns the text with blanks for the declarations that are not needed, and for the imports that only they need: what
// nothing imports is not compiled either.
func (s *source) only(needed map[string]bool) []byte {
	text := slices.Clone(s.text)
	before, after := map[string]bool{}, map[string]bool{}
	for _, d := range s.file.Decls {
		of := names(d)
		out := len(of) > 0 && !slices.ContainsFunc(of, func(name string) bool { return needed[name] })
		ast.Inspect(d, func(n ast.Node) bool {
			if of, is := n.(*ast.SelectorExpr); is {
				if name, is := of.X.(*ast.Ident); is {
					before[name.Name] = true
					after[name.Name] = after[name.Name] || !out
				}
			}
			return true
		})
		if out {
			s.blank(text, d.Pos(), d.End())
		}
	}
	for _, d := range s.file.Decls {
		imports, is := d.(*ast.GenDecl)
		if !is || imports.Tok != token.IMPORT {
			continue
		}
		for _, one := range imports.Specs {
			spec := one.(*ast.ImportSpec)
			if name := importName(spec, before); name == "" || after[name] {
				continue
			}
			if imports.Lparen.IsValid() {
				s.blank(text, spec.Pos(), spec.End())
			} else {
				s.blank(text, imports.Pos(), imports.End())
			}
		}
	}
	return text
}

func (s *source) blank(text []byte, from, to token.Pos) {
	for i := from - s.base; i < to-s.base; i++ {
		if text[i] != '\n' {
			text[i] = ' '
		}
	}
}

// importName returns the name by which a file uses an import, "" if it is not known. A wrong one would not compile.
func importName(spec *ast.ImportSpec, used map[string]bool) string {
	if spec.Name != nil {
		return strings.Trim(spec.Name.Name, "_.")
	}
	whole, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return ""
	}
	last := path.Base(whole)
	if strings.HasPrefix(last, "v") && strings.Trim(last, "v0123456789") == "" {
		last = path.Base(path.Dir(whole))
	}
	if name := strings.TrimPrefix(last, "go-"); used[name] {
		return name
	}
	return ""
}
