package main

import (
	"bytes"
	"context"
	"fmt"
	"go/ast"
	"regexp"
	"strconv"
	"strings"

	"github.com/skaldgo/skald/internal/proof"
)

// fuzzing is the part that runs every fuzz target in turn. It asks for SECONDS for each.
const fuzzing = "fuzz"

// target is a fuzz test.
type target struct{ pkg, name string }

var (
	executions = regexp.MustCompile(`execs: (\d+)`)
	baseline   = regexp.MustCompile(`gathering baseline coverage: (\d+)/`)
)

func (r *runner) fuzz(ctx context.Context, p *part) (proof.Result, []byte, error) {
	result := proof.Result{Part: fuzzing, Figures: map[string]int64{}, Kinds: map[string]int64{}}
	targets, output, err := r.targets(ctx, p)
	if err != nil {
		return result, output, err
	}
	for _, t := range targets {
		line := []string{
			"go", "test", t.pkg, "-run", "^$", "-fuzz", "^" + t.name + "$", "-fuzztime",
			strconv.Itoa(p.asks[r.size]["SECONDS"]) + "s", "-parallel", strconv.Itoa(int(p.processors)), "-vet", "off",
			// By default a minute may go into making one interesting input smaller, in which nothing counts as executed.
			"-fuzzminimizetime", "10x",
		}
		output, err := r.command(ctx, p, line, nil)
		if err != nil && !ranOutOfTime(output) {
			return result, output, fmt.Errorf("fuzz target %s of %s: %w", t.name, t.pkg, err)
		}
		all := executions.FindAllSubmatch(output, -1)
		if len(all) == 0 { // its time went into the corpus that has grown on this machine
			all = baseline.FindAllSubmatch(output, -1)
		}
		if len(all) == 0 {
			return result, output, fmt.Errorf("part %s is void: %s of %s did not say how often it was executed", p.name, t.name, t.pkg)
		}
		n, err := strconv.ParseInt(string(all[len(all)-1][1]), 10, 64)
		if err != nil {
			return result, output, fmt.Errorf("read executions of %s: %w", t.name, err)
		}
		result.Kinds[t.name] = n
		result.Figures["executions"] += n
		result.Figures["targets"]++
	}
	return result, nil, nil
}

// ranOutOfTime reports whether a target found nothing, and only its time was up: the go command now and then tells of that
// as of a failure, when a worker is in the middle of an input at that moment.
func ranOutOfTime(output []byte) bool {
	return bytes.Contains(output, []byte("\n    context deadline exceeded\n")) && !bytes.Contains(output, []byte("Failing input written"))
}

// targets finds the fuzz tests of every package, by their source: to ask the go command for them would build all tests.
func (r *runner) targets(ctx context.Context, p *part) ([]target, []byte, error) {
	output, err := r.command(ctx, p, []string{"go", "list", "-f", "{{.ImportPath}} {{.Dir}}", "./..."}, nil)
	if err != nil {
		return nil, output, fmt.Errorf("list packages: %w", err)
	}
	var found []target
	for line := range strings.Lines(string(output)) {
		pkg, dir, _ := strings.Cut(strings.TrimSpace(line), " ")
		names, err := testsOf(dir, "Fuzz", func(*ast.FuncDecl) bool { return true })
		if err != nil {
			return nil, nil, fmt.Errorf("look for fuzz targets in %s: %w", pkg, err)
		}
		for _, name := range names {
			found = append(found, target{pkg, name})
		}
	}
	return found, nil, nil
}
