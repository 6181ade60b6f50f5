// Command mutants shows that the tests notice defects. Each mutant of its list is one deliberate defect, written as a
// search and a replacement in shipped code. The command copies the tree, sees that the tests which are to notice the
// defect pass on the copy, applies the patch to the copy, and runs them again: now each of them must fail. Nothing in
// shipped code knows of it: there is no build tag and no switch. Patches that change the bodies of functions only go into one
// copy together, which is built once: there each such function begins with its changed bodies, and a variable of the
// environment chooses one mutant for a run.
//
//	go run ./internal/mutants              every mutant
//	go run ./internal/mutants -list        what there is, and what each would do to a user
//	go run ./internal/mutants -run pivot   those whose names match
//
// It ends with code 1 unless every mutant was killed. A patch whose text does not occur exactly once in its file is
// stale and stops the whole run before anything is run: the list follows the code, and says so when it does not.
//
// A new mutant is an entry in one of the list files. One that survives is a test that is missing: write it, then name it
// in the entry. A defect that users report becomes an entry as well.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"syscall"

	"github.com/skaldgo/skald/internal/proof"
)

// options are what the flags say.
type options struct {
	only    *regexp.Regexp
	list    bool
	workers int
	results string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	o, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	chosen := choose(mutants(), o.only)
	if len(chosen) == 0 {
		return fmt.Errorf("-run %q chooses none of the mutants, -list shows them", o.only)
	}
	if o.list {
		printList(out, chosen)
		return nil
	}
	root, err := moduleRoot(ctx)
	if err != nil {
		return err
	}
	files, err := treeFiles(ctx, root)
	if err != nil {
		return err
	}
	c := &campaign{root: root, files: files, workers: o.workers, out: out}
	verdicts, err := c.run(ctx, chosen)
	if err != nil {
		return err
	}
	printTable(out, verdicts)
	if o.results != "" {
		if err := proof.Append(o.results, result(verdicts)); err != nil {
			return err
		}
	}
	return unkilled(verdicts)
}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("mutants", flag.ContinueOnError)
	only := flags.String("run", "", "run the mutants whose names match this regular expression only")
	flags.BoolVar(&o.list, "list", false, "print the mutants and run nothing")
	flags.IntVar(&o.workers, "j", min(runtime.NumCPU(), 4), "how many mutants to run at once, each in a copy of the tree")
	flags.StringVar(&o.results, "results", os.Getenv(proof.ResultsVariable), "append the result to this file, for the proof")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if o.workers < 1 {
		return o, fmt.Errorf("-j is %d: give at least 1", o.workers)
	}
	var err error
	if o.only, err = regexp.Compile(*only); err != nil {
		return o, fmt.Errorf("-run: %w", err)
	}
	return o, nil
}

func choose(all []mutant, only *regexp.Regexp) []mutant {
	var chosen []mutant
	for _, m := range all {
		if only.MatchString(m.name) {
			chosen = append(chosen, m)
		}
	}
	return chosen
}
