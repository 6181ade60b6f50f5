package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/skaldgo/skald/internal/proof"
)

// runner runs parts beside each other, as many as there are processors for, in the order of the list.
type runner struct {
	options
	out io.Writer

	mu      sync.Mutex
	results []proof.Result
	errs    []error
}

func (o *options) chosen() []part {
	return slices.DeleteFunc(parts(), func(p part) bool { return p.asks[o.size] == nil || !o.only.MatchString(p.name) })
}

func names(list []part) string {
	var all []string
	for _, p := range list {
		all = append(all, p.name)
	}
	return strings.Join(all, ", ")
}

func (r *runner) all(ctx context.Context, chosen []part) error {
	const halves = 2
	free := semaphore.NewWeighted(int64(halves * r.processors))
	var running sync.WaitGroup
	defer running.Wait()
	for _, p := range chosen {
		weight := int64(halves * min(p.processors, float64(r.processors)))
		if free.Acquire(ctx, weight) != nil {
			break
		}
		running.Go(func() {
			defer free.Release(weight)
			r.one(ctx, &p)
		})
	}
	running.Wait()
	return errors.Join(r.errs...)
}

func (r *runner) one(ctx context.Context, p *part) {
	began := time.Now()
	result, output, err := r.execute(ctx, p)
	took := time.Since(began).Round(100 * time.Millisecond)
	if err == nil {
		err = p.void(r.size, result)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.errs = append(r.errs, err)
		fmt.Fprintf(r.out, "%-16s %8s  FAILED: %v\n%s\n", p.name, took, err, output)
		return
	}
	result.Notes = with(result.Notes, noteTook, took.String())
	r.results = append(r.results, result)
	fmt.Fprintf(r.out, "%-16s %8s  %s\n", p.name, took, sentence(result.Figures))
}

// execute runs the command of a part and returns what it has recorded.
func (r *runner) execute(ctx context.Context, p *part) (result proof.Result, output []byte, err error) {
	switch p.name {
	case fuzzing:
		return r.fuzz(ctx, p)
	case properties:
		return r.properties(ctx, p)
	case shuffles:
		return r.shuffles(ctx, p)
	}
	dir, err := os.MkdirTemp("", "skald-proof-")
	if err != nil {
		return result, nil, fmt.Errorf("make a folder for results: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	file := filepath.Join(dir, "results.jsonl")
	output, err = r.command(ctx, p, process{
		line: p.command, variables: append(p.variables(r.size), proof.ResultsVariable+"="+file),
	})
	if err != nil {
		return result, output, fmt.Errorf("part %s failed: %w", p.name, err)
	}
	recorded, err := proof.Read(file)
	if err != nil {
		return result, output, fmt.Errorf("part %s is void, it has recorded nothing: %w", p.name, err)
	}
	for _, one := range recorded {
		if one.Part == p.name {
			return one, output, nil
		}
	}
	return result, output, fmt.Errorf("part %s is void: it has recorded other parts only", p.name)
}

// process is a command to run.
type process struct {
	line      []string
	variables []string // beside those that proofrun has itself
	dir       string   // where it runs; "" is where proofrun does
}

// command runs one command under the limit of the part, with everything it has started ended on return.
func (r *runner) command(ctx context.Context, p *part, one process) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, p.limit[r.size])
	defer cancel()
	var output bytes.Buffer
	c := exec.CommandContext(ctx, one.line[0], one.line[1:]...) //nolint:gosec // the commands of parts.go, and what they have built
	c.Dir, c.Env = one.dir, append(os.Environ(), one.variables...)
	c.Stdout, c.Stderr = &output, &output
	// Asked first, so that go test can end the test binary and what that has started.
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.WaitDelay = 20 * time.Second
	err := c.Run()
	if ctx.Err() != nil {
		err = errors.Join(err, fmt.Errorf("its time of %s was up: %w", p.limit[r.size], ctx.Err()))
	}
	return output.Bytes(), err
}

func with(notes map[string]string, key, value string) map[string]string {
	if notes == nil {
		notes = map[string]string{}
	}
	notes[key] = value
	return notes
}
