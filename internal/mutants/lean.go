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
)

// lean writes the test files of a package anew, with blanks for the functions that the given tests do not need: to compile
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
			text = s.without(func(f *ast.FuncDecl) bool { return !needed[f.Name.Name] })
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
	file, err := parser.ParseFile(fset, name, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("parse %s: %w", name, err)
	}
	return &source{name: name, text: text, file: file, base: file.FileStart}, nil
}

// function returns a declaration that can be left out when nothing names it: a function that is no method. Tests, benchmarks and the
// like are named by nothing.
func function(d ast.Decl) *ast.FuncDecl {
	f, is := d.(*ast.FuncDecl)
	if !is || f.Recv != nil || f.Name.Name == "init" || f.Name.Name == "TestMain" || f.Name.Name == "_" {
		return nil
	}
	return f
}

// reach returns the names of the functions that tests need, with everything that is named in what always stays.
func reach(sources []*source, tests map[string]bool) map[string]bool {
	bodies := map[string][]ast.Node{}
	needed := map[string]bool{}
	var open []ast.Node
	for _, s := range sources {
		for _, d := range s.file.Decls {
			if f := function(d); f != nil {
				bodies[f.Name.Name] = append(bodies[f.Name.Name], f)
			} else {
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
	for len(open) > 0 {
		node := open[len(open)-1]
		open = open[:len(open)-1]
		ast.Inspect(node, func(n ast.Node) bool {
			if name, is := n.(*ast.Ident); is && bodies[name.Name] != nil {
				need(name.Name)
			}
			return true
		})
	}
	return needed
}

// without returns the text with blanks for the functions that are left out, and for the imports that only they need: what
// nothing imports is not compiled either.
func (s *source) without(leaveOut func(*ast.FuncDecl) bool) []byte {
	text := slices.Clone(s.text)
	before, after := map[string]bool{}, map[string]bool{}
	for _, d := range s.file.Decls {
		f := function(d)
		out := f != nil && leaveOut(f)
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
			s.blank(text, f.Pos(), f.End())
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
