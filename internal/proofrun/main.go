package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"syscall"
	"time"
)

// options are what the flags say.
type options struct {
	size       size
	only       *regexp.Regexp
	processors int
	file       string
	report     string
	again      bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "proofrun:", err)
		os.Exit(1)
	}
}

// run runs the parts and writes the report, also when some failed: then it says so.
func run(ctx context.Context, args []string, out io.Writer) error {
	o, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	if o.again {
		return o.rewrite()
	}
	began := time.Now()
	chosen := o.chosen()
	if len(chosen) == 0 {
		return fmt.Errorf("-only %q chooses none of the parts: %s", o.only, names(parts()))
	}
	r := &runner{options: o, out: out}
	failed := r.all(ctx, chosen)
	if ctx.Err() != nil {
		return fmt.Errorf("ended before its end: %w", ctx.Err())
	}
	fmt.Fprintf(out, "%d parts in %s\n", len(chosen), time.Since(began).Round(time.Second))
	return errors.Join(failed, r.write(ctx, began))
}

func parse(args []string) (options, error) {
	o := options{}
	flags := flag.NewFlagSet("proofrun", flag.ContinueOnError)
	chosen := flags.String("size", string(full), "how much to do: small, proof or night")
	only := flags.String("only", "", "run the parts whose names match this regular expression only")
	flags.IntVar(&o.processors, "processors", runtime.NumCPU(), "how many processors to keep busy")
	flags.StringVar(&o.file, "results", filepath.Join(os.TempDir(), "skald-proof.jsonl"), "the file for the results, emptied first")
	flags.StringVar(&o.report, "report", "", "the file for the report; none when empty")
	flags.BoolVar(&o.again, "again", false, "run nothing: write the report once more from the results of -results")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	o.size = size(*chosen)
	if o.size != small && o.size != full && o.size != night {
		return o, fmt.Errorf("-size is %q: choose small, proof or night", *chosen)
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if o.processors < 1 {
		return o, fmt.Errorf("-processors is %d: give at least 1", o.processors)
	}
	var err error
	if o.only, err = regexp.Compile(*only); err != nil {
		return o, fmt.Errorf("-only: %w", err)
	}
	return o, nil
}
