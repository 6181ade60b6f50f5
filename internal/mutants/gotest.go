package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// ending is how one check ended.
type ending int

const (
	passed ending = iota
	failed
	timedOut
	elsewhere // it failed, but not in the test, or without saying what was expected
	missing   // there is no such test
	unbuilt   // the code does not compile
)

// outcome is what one check came to.
type outcome struct {
	ending ending
	output string
}

// bench is one copy of the tree, with the test programs that were built from it.
type bench struct {
	root string
	bin  string
	from string // the tree that it is a copy of

	mu    sync.Mutex
	built map[string]outcome
	tests map[string]map[string]bool // by package, those that are to be run
}

// trial is one run of a check.
type trial struct {
	mutant string        // that a woven program is to be, "" for none
	limit  time.Duration // of the run
}

// turnTo makes the next checks build anew, because the code has changed, with no more tests than they are.
func (b *bench) turnTo(checks []check) {
	b.built, b.tests = map[string]outcome{}, map[string]map[string]bool{}
	b.want(checks)
}

// want says which tests the next programs are to have.
func (b *bench) want(checks []check) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range checks {
		if b.tests[c.pkg] == nil {
			b.tests[c.pkg] = map[string]bool{}
		}
		name, _, _ := strings.Cut(c.test, "/")
		b.tests[c.pkg][name] = true
	}
}

// check builds the tests of the package, unless they are built, and runs the one. Several goroutines may run checks of one
// package when it is built.
func (b *bench) check(ctx context.Context, c check, of trial) (outcome, error) {
	program := filepath.Join(b.bin, strings.ReplaceAll(c.pkg, "/", "_")+".test")
	b.mu.Lock()
	build, done := b.built[c.pkg]
	tests := b.tests[c.pkg]
	b.mu.Unlock()
	if !done {
		var err error
		if build, err = b.build(ctx, c.pkg, program, tests); err != nil {
			return outcome{}, err
		}
		b.mu.Lock()
		b.built[c.pkg] = build
		b.mu.Unlock()
	}
	if build.ending != passed {
		return build, nil
	}
	args := []string{"-test.v", "-test.failfast", "-test.count=1", "-test.paniconexit0", "-test.timeout=" + of.limit.String(), "-test.run=" + c.pattern()}
	// The test says itself where it hangs; what does not even do that is killed.
	output, ok, err := b.command(ctx, of.limit+10*time.Second, filepath.FromSlash(c.pkg), forTest(of), program, args...)
	return outcome{judge(c, output, ok), output}, err
}

// building is how long a build may take; the first one compiles everything.
const building = 10 * time.Minute

// cheap returns a go command with flags that halve the time of a build. They concern the packages of this module, everything
// else stays as it is.
func cheap(command string, more ...string) []string {
	return append([]string{command, "-gcflags=./...=-N -l -dwarf=false", "-ldflags=-s -w"}, more...)
}

func (b *bench) build(ctx context.Context, pkg, program string, tests map[string]bool) (outcome, error) {
	dir := filepath.FromSlash(pkg)
	if err := lean(filepath.Join(b.from, dir), filepath.Join(b.root, dir), tests); err != nil {
		return outcome{}, err
	}
	line := cheap("test", "-vet=off", "-c", "-o", program, "./"+pkg)
	output, ok, err := b.command(ctx, building, ".", forBuilds(), "go", line...)
	if ok {
		return outcome{passed, output}, err
	}
	return outcome{unbuilt, output}, err
}

// compile compiles the packages of checks, and what they have in common only once.
func (b *bench) compile(ctx context.Context, checks [][]check) error {
	line := cheap("build")
	for _, of := range checks {
		line = append(line, "./"+of[0].pkg)
	}
	output, ok, err := b.command(ctx, building, ".", forBuilds(), "go", line...)
	if err == nil && !ok {
		err = fmt.Errorf("the tree %w:\n%s", errUnbuilt, tail(output))
	}
	return err
}

// forBuilds returns what builds have in their environment beside what all have: the collector of garbage is a fifth of the work
// of the compiler, which needs little memory without it.
func forBuilds() []string { return []string{"GOGC=off", "GOMEMLIMIT=1GiB"} }

// forTest returns what a test has in its environment.
func forTest(of trial) []string {
	return []string{
		chosenVariable + "=" + of.mutant,
		"RAPID_SEED=1",                               // whether a defect is noticed must not depend on the cases that are drawn this time
		"RAPID_SHRINKTIME=1ns", "RAPID_NOFAILFILE=1", // how small a case can be that shows the defect is of no interest
	}
}

// command runs a program in a directory of the copy. ok tells whether it ended well; an error means that the program
// could not be run, or that ctx ended.
func (b *bench) command(
	ctx context.Context, limit time.Duration, dir string, env []string, name string, args ...string,
) (output string, ok bool, err error) {
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var out bytes.Buffer
	cmd := exec.CommandContext(limited, name, args...) //nolint:gosec // go, or a test program that it has built
	cmd.Dir = filepath.Join(b.root, dir)
	cmd.Env = slices.Concat(os.Environ(), []string{"GOWORK=off", "GOFLAGS=-mod=readonly"}, env)
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = time.Second // what a killed test has started may hold its output open
	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return "", false, ctx.Err()
	case err == nil:
		return out.String(), true, nil
	case limited.Err() != nil:
		return out.String() + killed, false, nil
	case errors.As(err, &exit), errors.Is(err, exec.ErrWaitDelay):
		return out.String(), false, nil
	}
	return "", false, fmt.Errorf("run %s: %w", name, err)
}

// killed is what stands in the output of a test program that had to be killed.
const killed = "\nkilled: it took too long\n"

// judge tells from the output of the test program how the check ended. A panic outside of the goroutine of the test, or
// a data structure that the runtime finds broken, ends the program before it can say which test failed.
func judge(c check, output string, ok bool) ending {
	begun := strings.Contains(output, "=== RUN   "+c.test+"\n")
	says := func(result string) bool { return strings.Contains(output, "--- "+result+": "+c.test+" (") }
	died := strings.Contains(output, "\npanic: ") || strings.Contains(output, "\nfatal error: ")
	switch {
	case !begun:
		return missing
	case ok && says("PASS"):
		return passed
	case strings.Contains(output, "panic: test timed out after") || strings.HasSuffix(output, killed):
		return timedOut
	case !ok && (says("FAIL") || died && !says("PASS")) && strings.Contains(output, c.says):
		return failed
	}
	return elsewhere
}
