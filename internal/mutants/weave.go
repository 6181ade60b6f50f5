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
)

// chosenVariable names, in the environment, the mutant that a woven program is to be. Each package that has any reads it in a
// file of its own.
const (
	chosenVariable = "SKALD_MUTANT"
	wovenFile      = "woven_mutant.go"
)

// cloth is a tree into which many mutants are woven, so that it is built once for all of them: each function that a mutant
// changes begins with its changed body, which is run when that mutant is chosen. The method is that of R. Untch, A. J. Offutt
// and M. J. Harrold, "Mutation analysis using mutant schemata" (ISSTA 1993).
type cloth struct {
	files map[string]string // those that differ from the tree, with slashes
	woven map[string]bool   // the mutants, by name; the others change more than bodies, and have to be built by themselves
}

// weave reads the tree below root and changes nothing in it. The patches must not be stale.
func weave(root string, all []mutant) (cloth, error) {
	c := cloth{files: map[string]string{}, woven: map[string]bool{}}
	threads := map[string][]thread{}
	for _, m := range all {
		files, err := patched(root, m)
		if err != nil {
			return cloth{}, err
		}
		of, ok := map[string][]thread{}, true
		for name, text := range files {
			before, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
			if err != nil {
				return cloth{}, err
			}
			of[name], ok = changes(m.name, string(before), text)
			if !ok {
				break
			}
		}
		if !ok {
			continue
		}
		c.woven[m.name] = true
		for name, some := range of {
			threads[name] = append(threads[name], some...)
		}
	}
	for name, some := range threads {
		if err := c.put(root, name, some); err != nil {
			return cloth{}, err
		}
	}
	return c, nil
}

// put adds a file with every changed body, and the variable of its package.
func (c *cloth) put(root, name string, threads []thread) error {
	before, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		return err
	}
	text := string(before)
	file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.PackageClauseOnly)
	if err != nil {
		return fmt.Errorf("weave: %w", err)
	}
	slices.SortStableFunc(threads, func(a, b thread) int { return b.at - a.at }) // so that places before stay where they are
	for _, t := range threads {
		text = text[:t.at] + t.text + text[t.at:]
	}
	c.files[name] = text
	c.files[path.Join(path.Dir(name), wovenFile)] = fmt.Sprintf(
		"package %s\n\nimport \"os\"\n\nvar wovenMutant = os.Getenv(%q)\n", file.Name.Name, chosenVariable)
	return nil
}

// thread is a changed body of a function, as text that goes to the beginning of the function.
type thread struct {
	at   int // offset in the file
	text string
}

// changes returns what makes a file behave as a mutant; not ok when that cannot be woven.
func changes(mutant, before, after string) (threads []thread, ok bool) {
	old, oldRest, errOld := bodies(before)
	now, nowRest, errNow := bodies(after)
	if errors.Join(errOld, errNow) != nil || oldRest != nowRest || len(old) != len(now) {
		return nil, false
	}
	for i, o := range old {
		n := now[i]
		if o.text == n.text {
			continue
		}
		if !o.weaves() || !n.weaves() {
			return nil, false
		}
		end := ""
		if o.decl.Type.Results == nil {
			end = "return\n"
		}
		threads = append(threads, thread{
			at: o.from, text: "\nif wovenMutant == " + strconv.Quote(mutant) + " {" + n.text + "\n" + end + "}\n",
		})
	}
	return threads, true
}

// body is what stands between the braces of a function.
type body struct {
	decl *ast.FuncDecl
	from int
	text string
}

// bodies returns those of the functions of a file, and what is left of it without them.
func bodies(text string) (found []body, rest string, err error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", text, parser.SkipObjectResolution)
	if err != nil {
		return nil, "", err
	}
	end := 0
	for _, d := range file.Decls {
		fn, is := d.(*ast.FuncDecl)
		if !is || fn.Body == nil {
			continue
		}
		from, to := fset.Position(fn.Body.Lbrace).Offset+1, fset.Position(fn.Body.Rbrace).Offset
		found = append(found, body{fn, from, text[from:to]})
		rest += text[end:from]
		end = to
	}
	return found, rest + text[end:], nil
}

// weaves reports whether the body means the same in a block of its own. It does not when it has labels, which are those of the
// whole function, or when it assigns to a named result by a declaration of others: in a block that is another variable.
func (b body) weaves() bool {
	results := map[string]bool{}
	if b.decl.Type.Results != nil {
		for _, field := range b.decl.Type.Results.List {
			for _, name := range field.Names {
				results[name.Name] = true
			}
		}
	}
	for _, s := range b.decl.Body.List {
		assign, is := s.(*ast.AssignStmt)
		if !is || assign.Tok != token.DEFINE {
			continue
		}
		for _, to := range assign.Lhs {
			if name, is := to.(*ast.Ident); is && results[name.Name] {
				return false
			}
		}
	}
	whole := true
	ast.Inspect(b.decl.Body, func(n ast.Node) bool {
		_, label := n.(*ast.LabeledStmt)
		whole = whole && !label
		return whole
	})
	return whole
}
