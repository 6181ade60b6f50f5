package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
)

// testsOf finds the functions of the tests in a folder whose names begin so and that are wanted, in the order of their names.
func testsOf(dir, prefix string, wanted func(*ast.FuncDecl) bool) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, file := range files {
		code, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, declared := range code.Decls {
			test, is := declared.(*ast.FuncDecl)
			if is && test.Recv == nil && strings.HasPrefix(test.Name.Name, prefix) && wanted(test) {
				names = append(names, test.Name.Name)
			}
		}
	}
	slices.Sort(names)
	return names, nil
}
