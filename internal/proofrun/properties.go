package main

import (
	"bytes"
	"context"
	"fmt"
	"go/ast"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/skaldgo/skald/internal/proof"
)

// properties is the part that draws CHECKS cases for every property of the repository.
const properties = "properties"

// A property that holds says so behind the line in which its test has begun.
var (
	begun  = regexp.MustCompile(`^=== (?:RUN|NAME|CONT) +(Test\w+)`)
	passed = regexp.MustCompile(`\[rapid\] OK, passed (\d+) tests`)
)

func (r *runner) properties(ctx context.Context, p *part) (proof.Result, []byte, error) {
	result := proof.Result{Part: properties, Figures: map[string]int64{}, Kinds: map[string]int64{}}
	list := []string{"go", "list", "-f", `{{.ImportPath}} {{.Dir}} {{join .TestImports " "}} {{join .XTestImports " "}}`, "./..."}
	output, err := r.command(ctx, p, process{line: list})
	if err != nil {
		return result, output, fmt.Errorf("list packages: %w", err)
	}
	checks := p.asks[r.size]["CHECKS"]
	for line := range strings.Lines(string(output)) {
		words := strings.Fields(line)
		if !slices.Contains(words, "pgregory.net/rapid") {
			continue
		}
		pkg := words[0]
		names, err := propertiesOf(words[1])
		if err != nil {
			return result, nil, fmt.Errorf("look for properties in %s: %w", pkg, err)
		}
		if len(names) == 0 {
			continue
		}
		run := append(goTest(pkg, "^("+strings.Join(names, "|")+")$"), "-v")
		output, err = r.command(ctx, p, process{
			line: run, variables: []string{"RAPID_CHECKS=" + strconv.Itoa(checks), "RAPID_NOFAILFILE=1"},
		})
		if err != nil {
			return result, output, fmt.Errorf("properties of %s: %w", pkg, err)
		}
		done := held(output)
		for _, name := range names {
			if done[name] < int64(checks) {
				return result, output, fmt.Errorf("part %s is void: %s of %s was checked %d times", p.name, name, pkg, done[name])
			}
			result.Kinds[name] = done[name]
			result.Figures["checks"] += done[name]
			result.Figures["properties"]++
		}
	}
	return result, nil, nil
}

// propertiesOf finds the tests of a package that draw cases, by their source.
func propertiesOf(dir string) ([]string, error) {
	return testsOf(dir, "Test", func(test *ast.FuncDecl) bool {
		draws := false
		ast.Inspect(test, func(n ast.Node) bool {
			draws = draws || isCheck(n)
			return !draws
		})
		return draws
	})
}

func isCheck(n ast.Node) bool {
	called, is := n.(*ast.SelectorExpr)
	if !is || called.Sel.Name != "Check" {
		return false
	}
	pkg, is := called.X.(*ast.Ident)
	return is && pkg.Name == "rapid"
}

// held returns the tests whose properties held, and for how many cases in all.
func held(output []byte) map[string]int64 {
	all, name := map[string]int64{}, ""
	for line := range bytes.Lines(output) {
		if m := begun.FindSubmatch(line); m != nil {
			name = string(m[1])
		}
		if m := passed.FindSubmatch(line); m != nil && name != "" {
			n, err := strconv.ParseInt(string(m[1]), 10, 64)
			if err == nil {
				all[name] += n
			}
		}
	}
	return all
}
