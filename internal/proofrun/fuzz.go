package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"

	"github.com/skaldgo/skald/internal/proof"
)

// fuzzing is the part that runs every fuzz target in turn. It asks for SECONDS for each.
const fuzzing = "fuzz"

var (
	executions = regexp.MustCompile(`execs: (\d+)`)
	baseline   = regexp.MustCompile(`gathering baseline coverage: (\d+)/`)
)

func (r *runner) fuzz(ctx context.Context, p *part) (result proof.Result, output []byte, err error) {
	result = proof.Result{Part: fuzzing, Figures: map[string]int64{}, Kinds: map[string]int64{}}
	all, output, err := r.fuzzed(ctx, p)
	if err != nil {
		return result, output, err
	}
	folder, err := os.MkdirTemp("", "skald-fuzz-")
	if err != nil {
		return result, nil, fmt.Errorf("make a folder for test programs: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	for _, one := range all {
		one.program = filepath.Join(folder, "fuzz.test")
		if output, err = r.instrument(ctx, p, &one); err != nil {
			return result, output, err
		}
		for _, name := range one.targets {
			n, output, err := r.target(ctx, p, &one, name)
			if err != nil {
				return result, output, err
			}
			result.Kinds[name] = n
			result.Figures["executions"] += n
			result.Figures["targets"]++
		}
	}
	return result, nil, nil
}

// target runs a fuzz target for its time, and returns how often it was executed.
func (r *runner) target(ctx context.Context, p *part, of *fuzzed, name string) (int64, []byte, error) {
	output, err := r.command(ctx, p, process{dir: of.dir, line: []string{
		of.program, "-test.run", "^$", "-test.fuzz", "^" + name + "$", "-test.paniconexit0", "-test.fuzzcachedir", of.corpus,
		"-test.fuzztime", strconv.Itoa(p.asks[r.size]["SECONDS"]) + "s", "-test.parallel", strconv.Itoa(int(p.processors)),
		// By default a minute may go into making one interesting input smaller, in which nothing counts as executed.
		"-test.fuzzminimizetime", "10x",
	}})
	if err != nil && !ranOutOfTime(output) {
		return 0, output, fmt.Errorf("fuzz target %s of %s: %w", name, of.pkg, err)
	}
	if bytes.Contains(output, []byte(uninstrumented)) {
		return 0, output, fmt.Errorf("part %s is void: the tests of %s were built without coverage", p.name, of.pkg)
	}
	all := executions.FindAllSubmatch(output, -1)
	if len(all) == 0 { // its time went into the corpus that has grown on this machine
		all = baseline.FindAllSubmatch(output, -1)
	}
	if len(all) == 0 {
		return 0, output, fmt.Errorf("part %s is void: %s of %s did not say how often it was executed", p.name, name, of.pkg)
	}
	n, err := strconv.ParseInt(string(all[len(all)-1][1]), 10, 64)
	if err != nil {
		return 0, output, fmt.Errorf("read executions of %s: %w", name, err)
	}
	return n, output, nil
}

// uninstrumented is what a test program says that has no coverage to be led by.
const uninstrumented = "not built with coverage instrumentation"

// ranOutOfTime reports whether a target found nothing, and only its time was up: a test program now and then tells of that
// as of a failure, when a worker is in the middle of an input at that moment.
func ranOutOfTime(output []byte) bool {
	return bytes.Contains(output, []byte("\n    context deadline exceeded\n")) && !bytes.Contains(output, []byte("Failing input written"))
}
