package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// checkLimit is how long one check may take. On an idle machine they take a second or two.
const checkLimit = 2 * time.Minute

// hangLimit is how long one may take that is expected to hang.
const hangLimit = 15 * time.Second

// errUnbuilt: the code does not compile, which says nothing about its tests.
var errUnbuilt = errors.New("does not compile")

// campaign runs mutants, several at once: those that can be woven together in one copy of the tree, the others in a copy for
// each worker, one after the other.
type campaign struct {
	root    string
	files   []string
	workers int
	limit   time.Duration // 0 means checkLimit
	out     io.Writer     // told of each mutant as it is decided

	cloth cloth
	woven *bench // the copy that the cloth is in

	mu sync.Mutex // for out
}

// run decides about every mutant, in the order of the list. An error means that nothing can be said: a patch is stale, or
// a check does not pass on the tree as it is.
func (c *campaign) run(ctx context.Context, chosen []mutant) (_ []verdict, err error) {
	if err := stale(c.root, chosen); err != nil {
		return nil, err
	}
	if c.limit == 0 {
		c.limit = checkLimit
	}
	dir, err := os.MkdirTemp("", "skald-mutants-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	benches := make([]*bench, min(c.workers, len(chosen)))
	for i := range benches {
		if benches[i], err = c.bench(filepath.Join(dir, fmt.Sprintf("worker-%d", i+1))); err != nil {
			return nil, err
		}
	}
	if err := c.weave(ctx, filepath.Join(dir, "woven"), len(benches), chosen); err != nil {
		return nil, err
	}
	if err := c.baseline(ctx, benches, checksOf(c.those(chosen, false))); err != nil {
		return nil, err
	}
	verdicts := make([]verdict, len(chosen))
	err = each(benches, len(chosen), func(b *bench, i int) error {
		v, err := c.mutant(ctx, b, chosen[i])
		verdicts[i] = v
		return err
	})
	return verdicts, err
}

// weave puts as many mutants as it can into one copy, and sees that their checks pass there while none is chosen. If they do not
// compile together it leaves them all to be built by themselves.
func (c *campaign) weave(ctx context.Context, dir string, workers int, chosen []mutant) (err error) {
	if c.cloth, err = weave(c.root, chosen); err != nil || len(c.cloth.woven) == 0 {
		return err
	}
	if c.woven, err = c.bench(dir); err != nil {
		return err
	}
	for name, text := range c.cloth.files {
		if err := write(c.woven.root, name, []byte(text)); err != nil {
			return err
		}
	}
	checks := checksOf(c.those(chosen, true))
	err = c.woven.compile(ctx, checks)
	if err == nil {
		err = c.baseline(ctx, slices.Repeat([]*bench{c.woven}, workers), checks)
	}
	if errors.Is(err, errUnbuilt) {
		c.tell("each mutant is built by itself, because together they do not compile: %v", err)
		c.cloth.woven, err = nil, nil
	}
	return err
}

// those returns the mutants that are woven, or those that are not.
func (c *campaign) those(chosen []mutant, woven bool) (some []mutant) {
	for _, m := range chosen {
		if c.cloth.woven[m.name] == woven {
			some = append(some, m)
		}
	}
	return some
}

func (c *campaign) bench(dir string) (*bench, error) {
	b := &bench{from: c.root, root: filepath.Join(dir, "tree"), bin: filepath.Join(dir, "bin")}
	b.turnTo(nil)
	if err := errors.Join(os.MkdirAll(b.root, 0o700), os.MkdirAll(b.bin, 0o700)); err != nil {
		return nil, err
	}
	return b, copyTree(c.root, b.root, c.files)
}

// baseline runs every check on the tree as it is: one that always fails catches nothing.
func (c *campaign) baseline(ctx context.Context, benches []*bench, checks [][]check) error {
	began := time.Now()
	count := 0
	for _, of := range checks {
		count += len(of)
	}
	err := each(benches, len(checks), func(b *bench, i int) error {
		var errs []error
		b.want(checks[i])
		for _, check := range checks[i] {
			o, err := b.check(ctx, check, trial{limit: c.limit})
			switch {
			case err != nil:
				return err
			case o.ending == unbuilt:
				return fmt.Errorf("package %s %w:\n%s", check.pkg, errUnbuilt, tail(o.output))
			case o.ending != passed:
				errs = append(errs, fmt.Errorf("a check does not pass on the tree as it is: %s: %s\n%s",
					check.command(), o.ending, tail(o.output)))
			}
		}
		return errors.Join(errs...)
	})
	if err == nil && count > 0 {
		c.tell("%d checks pass on the tree as it is, in %s", count, time.Since(began).Round(time.Second))
	}
	return err
}

// checksOf returns every check of the mutants once, those of one package together, so that each package is built once.
func checksOf(chosen []mutant) [][]check {
	place, seen := map[string]int{}, map[check]bool{}
	var checks [][]check
	for _, m := range chosen {
		for _, check := range m.caught {
			check.says = "" // which it says only when it fails
			if seen[check] {
				continue
			}
			seen[check] = true
			i, known := place[check.pkg]
			if !known {
				i = len(checks)
				place[check.pkg] = i
				checks = append(checks, nil)
			}
			checks[i] = append(checks[i], check)
		}
	}
	return checks
}

// mutant runs the checks of a mutant, where it is woven in, or in a copy that is patched and then put back as it was.
func (c *campaign) mutant(ctx context.Context, b *bench, m mutant) (v verdict, err error) {
	began := time.Now()
	if c.cloth.woven[m.name] {
		b = c.woven
	} else {
		undo, notApplied := apply(b.root, m)
		if notApplied != nil {
			return verdict{}, notApplied
		}
		defer func() { err = errors.Join(err, undo()) }()
		b.turnTo(m.caught)
	}
	of := trial{mutant: m.name, limit: c.limit}
	if m.hangs {
		of.limit = min(c.limit, hangLimit)
	}
	v = verdict{mutant: m, status: statusKilled}
	for _, check := range m.caught {
		o, err := b.check(ctx, check, of)
		if err != nil {
			return verdict{}, err
		}
		if status := o.status(m); status != statusKilled {
			v.status, v.survived, v.output = status, check, tail(o.output)
			break
		}
	}
	v.took = time.Since(began)
	where := ""
	if v.status != statusKilled {
		where = " by " + v.survived.String()
	}
	c.tell("%-16s %5.1f s  %s%s", v.status, v.took.Seconds(), m.name, where)
	return v, nil
}

func (c *campaign) tell(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fmt.Fprintf(c.out, format+"\n", args...)
}

// each calls do for 0 to n-1, on as many goroutines as there are benches.
func each(benches []*bench, n int, do func(*bench, int) error) error {
	next := make(chan int, n)
	for i := range n {
		next <- i
	}
	close(next)
	errs := make([]error, len(benches))
	var working sync.WaitGroup
	for w, b := range benches {
		working.Go(func() {
			for i := range next {
				errs[w] = errors.Join(errs[w], do(b, i))
			}
		})
	}
	working.Wait()
	return errors.Join(errs...)
}
