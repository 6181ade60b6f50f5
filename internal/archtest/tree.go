package archtest

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Tree is the parsed source of one module.
type Tree struct {
	Module   string // its import path
	Packages []*Package

	files fs.FS
	fset  *token.FileSet
}

// Package is the files of one directory, those of an external test package included.
type Package struct {
	Path  string // below the module, with slashes; "." for the root
	Files []*File
}

// File is one parsed file.
type File struct {
	Path      string // below the module, with slashes
	Test      bool   // its name ends in _test.go
	Generated bool
	Lines     int

	pkg  *Package
	code *ast.File
	fset *token.FileSet
}

// Load parses the Go files of the module whose root is files. Packages and files come in the order of their names. A
// file that does not parse is an error, together with all others that do not.
func Load(files fs.FS) (*Tree, error) {
	module, err := moduleOf(files)
	if err != nil {
		return nil, err
	}
	t := &Tree{Module: module, files: files, fset: token.NewFileSet()}
	byPath := map[string]*Package{}
	var faults []error
	err = fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name != "." && hidden(entry.Name()):
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case entry.IsDir() || path.Ext(name) != ".go":
			return nil
		}
		dir := path.Dir(name)
		if byPath[dir] == nil {
			byPath[dir] = &Package{Path: dir}
			t.Packages = append(t.Packages, byPath[dir])
		}
		faults = append(faults, t.parse(byPath[dir], name))
		return nil
	})
	slices.SortFunc(t.Packages, func(a, b *Package) int { return strings.Compare(a.Path, b.Path) })
	return t, errors.Join(append(faults, err)...)
}

func (t *Tree) parse(pkg *Package, name string) error {
	text, err := fs.ReadFile(t.files, name)
	if err != nil {
		return err
	}
	code, err := parser.ParseFile(t.fset, name, text, parser.ParseComments)
	if err != nil {
		return err
	}
	pkg.Files = append(pkg.Files, &File{
		Path:      name,
		Test:      strings.HasSuffix(name, "_test.go"),
		Generated: ast.IsGenerated(code),
		Lines:     bytes.Count(text, []byte("\n")),
		pkg:       pkg,
		code:      code,
		fset:      t.fset,
	})
	return nil
}

func moduleOf(files fs.FS) (string, error) {
	text, err := fs.ReadFile(files, "go.mod")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(text)) {
		if name, found := strings.CutPrefix(strings.TrimSpace(line), "module "); found {
			return name, nil
		}
	}
	return "", fmt.Errorf("go.mod names no module")
}

func hidden(name string) bool {
	return name == "testdata" || name == "vendor" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")
}

// production yields the files that are not tests.
func (p *Package) production() []*File {
	return slices.DeleteFunc(slices.Clone(p.Files), func(f *File) bool { return f.Test })
}

// name is that of the package itself, not of its external tests; empty when there are only tests.
func (p *Package) name() string {
	for _, f := range p.production() {
		return f.code.Name.Name
	}
	return ""
}

// forTests reports whether the package exists for tests: the last element of its path ends in "test".
func (p *Package) forTests() bool { return isTestPath(p.Path) }

func isTestPath(importPath string) bool { return strings.HasSuffix(importPath, "test") }

// library reports whether the package is one that other programs import for its function.
func (p *Package) library() bool {
	root, _, _ := strings.Cut(p.Path, "/")
	return slices.Contains([]string{"eventstore", "aggregate", "projection", "saga"}, root)
}
