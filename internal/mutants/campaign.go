package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// checkLimit is how long one check may take. On an idle machine they take a second or two.
const checkLimit = 2 * time.Minute

// hangLimit is how long one may take that is expected to hang.
const hangLimit = 15 * time.Second

// campaign runs mutants, several at once, each worker in a copy of the tree of its own.
type campaign struct {
	root    string
	files   []string
	workers int
	limit   time.Duration // 0 means checkLimit
	out     io.Writer     // told of each mutant as it is decided

	mu sync.Mutex // for out
}

// run decides about every mutant, in the order of the list. An error means that nothing can be said: a patch is stale, or
// a check does not pass on the tree as it is.
func (c *campaign) run(ctx context.Context, chosen []mutant) (_ []verdict, err error) {
	if err := stale(c.root, chosen); err != nil {
		return nil, err
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
	if err := c.baseline(ctx, benches, checksOf(chosen)); err != nil {
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

func (c *campaign) bench(dir string) (*bench, error) {
	b := &bench{from: c.root, root: filepath.Join(dir, "tree"), bin: filepath.Join(dir, "bin"), limit: c.limit, built: map[string]outcome{}}
	if b.limit == 0 {
		b.limit = checkLimit
	}
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
		b.turnTo(checks[i])
		for _, check := range checks[i] {
			o, err := b.check(ctx, check)
			if err != nil {
				return err
			}
			if o.ending != passed {
				errs = append(errs, fmt.Errorf("a check does not pass on the tree as it is: %s: %s\n%s",
					check.command(), o.ending, tail(o.output)))
			}
		}
		return errors.Join(errs...)
	})
	if err == nil {
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

// mutant patches the copy, runs the checks, and puts the copy back as it was.
func (c *campaign) mutant(ctx context.Context, b *bench, m mutant) (v verdict, err error) {
	began := time.Now()
	undo, err := apply(b.root, m)
	if err != nil {
		return verdict{}, err
	}
	b.turnTo(m.caught)
	limit := b.limit
	defer func() {
		b.limit = limit
		err = errors.Join(err, undo())
	}()
	if m.hangs {
		b.limit = min(limit, hangLimit)
	}
	v = verdict{mutant: m, status: statusKilled}
	for _, check := range m.caught {
		o, err := b.check(ctx, check)
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
