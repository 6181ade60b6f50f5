package archtest

import (
	"slices"
	"strings"
)

// floor says what the production code of some packages may import besides the standard library. A path that ends in
// "/..." stands for itself and everything below it.
type floor struct {
	path   string
	own    []string // packages of this module
	others []string // packages of other modules; nil means any
}

// light is all that a program which embeds Skald has to take on with it.
func light() []string {
	return []string{"github.com/google/uuid", "github.com/hashicorp/go-multierror"}
}

// floors lists them from the ground up. Of two that cover a package, the first one counts, so the special stands before
// the general.
func floors() []floor {
	return []floor{
		{path: "eventstore", others: light()},
		{path: "eventstore/storeurl", own: []string{"eventstore/..."}},
		{path: "eventstore/internal/...", own: []string{"eventstore"}},
		{path: "eventstore/...", own: []string{"eventstore", "eventstore/internal/..."}},
		{path: "aggregate", own: []string{"eventstore"}, others: light()},
		{path: "aggregate/aggregatetest", own: []string{"eventstore/...", "aggregate"}},
		{path: "projection", own: []string{"eventstore"}, others: light()},
		{path: "projection/sagaview/...", own: []string{"eventstore", "aggregate", "projection/...", "saga"}},
		{path: "projection/...", own: []string{"eventstore", "projection"}},
		{path: "saga", own: []string{"eventstore", "aggregate"}, others: light()},
		{path: "saga/sagatest/...", own: []string{"eventstore/...", "aggregate/...", "saga/..."}},
		{path: "saga/...", own: []string{"eventstore", "aggregate", "saga/..."}},
		{path: "examples/...", own: []string{"eventstore/...", "aggregate/...", "projection/...", "saga/...", "examples/..."}},
		{path: "cmd/...", own: []string{"..."}},
		{path: "internal/bench/...", own: []string{"..."}},
		{path: "internal/modelcheck", own: []string{"..."}},
		{path: "internal/walktest", own: []string{"saga"}},
		{path: "internal/proof", others: []string{}},
		{path: "internal/proofrun/...", own: []string{"internal/proof"}},
		{path: "internal/mutants", own: []string{"internal/proof", "internal/syntax"}, others: []string{}},
		{path: "internal/pgtest", others: []string{}},
		{path: "internal/linear", others: []string{}},
		{path: "internal/cutproxy", others: []string{}},
		{path: "internal/replicas", others: []string{}},
		{path: "internal/esdbtest"},
		{path: "internal/esdbtest/officialtest", own: []string{"internal/esdbtest"}, others: []string{}},
		{path: "internal/archtest", own: []string{"internal/syntax"}, others: []string{}},
		{path: "internal/syntax", others: []string{}},
		{path: ".", others: []string{}},
	}
}

func covers(pattern, pkg string) bool {
	if pattern == "..." {
		return true
	}
	below, tree := strings.CutSuffix(pattern, "/...")
	return pkg == below || tree && strings.HasPrefix(pkg, below+"/")
}

func coveredByAny(patterns []string, pkg string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return covers(p, pkg) })
}

func checkFloors(t *Tree) []Problem {
	var found []Problem
	for _, pkg := range t.Packages {
		if pkg.name() == "" {
			continue
		}
		i := slices.IndexFunc(floors(), func(f floor) bool { return covers(f.path, pkg.Path) })
		if i < 0 {
			found = append(found, Problem{
				Path: pkg.Path, What: "the package stands on no floor",
				Remedy: "add it to floors() in internal/archtest, and say there what it may import",
			})
			continue
		}
		for _, f := range pkg.production() {
			found = append(found, floors()[i].check(t, f)...)
		}
	}
	return found
}

func (fl floor) check(t *Tree, f *File) []Problem {
	var found []Problem
	for _, imp := range f.imports() {
		own, inModule := t.local(imp.path)
		switch {
		case inModule && !coveredByAny(fl.own, own):
			found = append(found, f.problem(imp.spec.Pos(),
				"let the lower floor declare what it needs, and the higher one supply it",
				"%s may not import %s, it may import %s", f.pkg.Path, own, list(fl.own)))
		case !inModule && !standard(imp.path) && fl.others != nil && !slices.Contains(fl.others, imp.path):
			found = append(found, f.problem(imp.spec.Pos(),
				"use the standard library, or move the code into a package of its own",
				"%s may not import %s, it may import %s", f.pkg.Path, imp.path, list(fl.others)))
		}
	}
	return found
}

func list(paths []string) string {
	if len(paths) == 0 {
		return "the standard library only"
	}
	return strings.Join(paths, ", ")
}
