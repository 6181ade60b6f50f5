package main

import (
	"context"
	"fmt"
	"go/ast"
	"path/filepath"
	"strings"
)

// fuzzed is a package that has fuzz targets.
type fuzzed struct {
	pkg, dir string
	corpus   string // the folder in which the go command keeps what was found interesting, on this machine
	program  string // its tests, built to be fuzzed
	targets  []string
}

// fuzzed finds the fuzz tests of every package, by their source: to ask the go command for them would build all tests.
func (r *runner) fuzzed(ctx context.Context, p *part) ([]fuzzed, []byte, error) {
	cache, err := r.command(ctx, p, process{line: []string{"go", "env", "GOCACHE"}})
	if err != nil {
		return nil, cache, fmt.Errorf("ask for the cache: %w", err)
	}
	output, err := r.command(ctx, p, process{line: []string{"go", "list", "-f", "{{.ImportPath}} {{.Dir}}", "./..."}})
	if err != nil {
		return nil, output, fmt.Errorf("list packages: %w", err)
	}
	var found []fuzzed
	for line := range strings.Lines(string(output)) {
		pkg, dir, _ := strings.Cut(strings.TrimSpace(line), " ")
		names, err := testsOf(dir, "Fuzz", func(*ast.FuncDecl) bool { return true })
		if err != nil {
			return nil, nil, fmt.Errorf("look for fuzz targets in %s: %w", pkg, err)
		}
		if len(names) == 0 {
			continue
		}
		corpus := filepath.Join(strings.TrimSpace(string(cache)), "fuzz", filepath.FromSlash(pkg))
		found = append(found, fuzzed{pkg: pkg, dir: dir, corpus: corpus, targets: names})
	}
	return found, nil, nil
}

// instrument builds the tests of a package once for all of its targets: go test -fuzz would link them for each. What only
// a debugger reads is left out, which halves the work of the linker.
func (r *runner) instrument(ctx context.Context, p *part, of *fuzzed) ([]byte, error) {
	output, err := r.command(ctx, p, process{
		line: []string{"go", "test", "-c", "-fuzz", ".", "-vet", "off", "-ldflags", "-w", "-o", of.program, of.pkg},
	})
	if err != nil {
		return output, fmt.Errorf("build the fuzz targets of %s: %w", of.pkg, err)
	}
	return output, nil
}
