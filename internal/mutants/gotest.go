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
	root  string
	bin   string
	from  string        // the tree that it is a copy of
	limit time.Duration // of one check
	built map[string]outcome
	tests map[string]map[string]bool // by package, those that are to be run
}

// turnTo makes the next checks build anew, because the code has changed, with no more tests than they are.
func (b *bench) turnTo(checks []check) {
	clear(b.built)
	b.tests = map[string]map[string]bool{}
	for _, c := range checks {
		if b.tests[c.pkg] == nil {
			b.tests[c.pkg] = map[string]bool{}
		}
		name, _, _ := strings.Cut(c.test, "/")
		b.tests[c.pkg][name] = true
	}
}

// check builds the tests of the package, unless they are built, and runs the one.
func (b *bench) check(ctx context.Context, c check) (outcome, error) {
	program := filepath.Join(b.bin, strings.ReplaceAll(c.pkg, "/", "_")+".test")
	build, done := b.built[c.pkg]
	if !done {
		var err error
		if build, err = b.build(ctx, c.pkg, program); err != nil {
			return outcome{}, err
		}
		b.built[c.pkg] = build
	}
	if build.ending != passed {
		return build, nil
	}
	args := []string{"-test.v", "-test.failfast", "-test.count=1", "-test.paniconexit0", "-test.timeout=" + b.limit.String(), "-test.run=" + c.pattern()}
	// The test says itself where it hangs; what does not even do that is killed.
	output, ok, err := b.command(ctx, b.limit+10*time.Second, filepath.FromSlash(c.pkg), forTests, program, args...)
	return outcome{judge(c, output, ok), output}, err
}

func (b *bench) build(ctx context.Context, pkg, program string) (outcome, error) {
	const patience = 10 * time.Minute // a first build compiles everything
	dir := filepath.FromSlash(pkg)
	if err := lean(filepath.Join(b.from, dir), filepath.Join(b.root, dir), b.tests[pkg]); err != nil {
		return outcome{}, err
	}
	// The flags halve the time of a build: they concern the packages of this module, everything else stays as it is.
	output, ok, err := b.command(ctx, patience, ".", forBuilds,
		"go", "test", "-vet=off", "-gcflags=./...=-N -l -dwarf=false", "-ldflags=-s -w", "-c", "-o", program, "./"+pkg)
	if ok {
		return outcome{passed, output}, err
	}
	return outcome{unbuilt, output}, err
}

// What commands have in their environment beside what all have.
var (
	// The collector of garbage is a fifth of the work of the compiler, which needs little memory without it.
	forBuilds = []string{"GOGC=off", "GOMEMLIMIT=1GiB"}
	forTests  = []string{
		"RAPID_SEED=1",                               // whether a defect is noticed must not depend on the cases that are drawn this time
		"RAPID_SHRINKTIME=1ns", "RAPID_NOFAILFILE=1", // how small a case can be that shows the defect is of no interest
	}
)

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
