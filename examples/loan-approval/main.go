package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // so that a second signal ends the process at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// decisionDay is the day on which the person decides, if ever.
const decisionDay = 3

// run is the program without the process around it. It returns the exit code: 0 when the loan is paid out or the money is
// released, 1 when neither is so, 2 when the command line is wrong.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("loan-approval", flag.ContinueOnError)
	flags.SetOutput(stderr)
	decide := flags.String("decision", "approve", "what the person decides: `approve`, reject or none")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	var decision *Decision
	switch *decide {
	case "approve":
		decision = &Decision{Approved: true, By: "grace"}
	case "reject":
		decision = &Decision{By: "grace", Note: "no collateral"}
	case "none":
	default:
		fmt.Fprintf(stderr, "loan-approval: -decision is %q, it must be approve, reject or none\n", *decide)
		return 2
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(stderr, "loan-approval: unexpected argument %q\n", flags.Arg(0))
		return 2
	}
	store := memory.New() // sqlite.Open, from eventstore/sqlite, makes sagas survive kill -9
	defer store.Close()
	in, err := live(ctx, stdout, store, decision)
	if err == nil {
		err = printHistory(ctx, stdout, store, in.Ref())
	}
	if err != nil {
		fmt.Fprintf(stderr, "loan-approval: %v\n", err)
		return 1
	}
	if !in.State().Ended() {
		return 1
	}
	return 0
}

// loanID is the id of the one application.
const loanID = "LOAN-1"

// live lets day after day pass until the application has come to rest.
func live(ctx context.Context, w io.Writer, store eventstore.Store, decision *Decision) (*saga.Instance, error) {
	lender, calendar := NewLender(10_000_00), &calendar{}
	for day := 0; ; day++ {
		var said string
		in, err := calendar.day(ctx, store, lender, loanID, func(ctx context.Context, o *saga.Orchestrator) (err error) {
			said, err = morning(ctx, o, day, decision)
			return err
		})
		if err != nil {
			return nil, err
		}
		free, reserved, paid := lender.Balance()
		line(w, "day %2d  %s  free %8s  reserved %7s  paid out %7s  %s",
			day, calendar.now().Format("_2 Jan"), euros(free), euros(reserved), euros(paid), said)
		if atRest(in) {
			fmt.Fprintf(w, "the saga has %s\n", in.State())
			if _, reason := in.Failure(); reason != "" {
				fmt.Fprintf(w, "  because %s\n", reason)
			}
			return in, nil
		}
		calendar.nights++
	}
}

// morning does what people do on a day, and tells what that was.
func morning(ctx context.Context, o *saga.Orchestrator, day int, decision *Decision) (said string, err error) {
	switch {
	case day == 0:
		_, err := o.Start(ctx, Name, loanID, Application{Applicant: "ada", Cents: 2_500_00})
		return "ada applies for 2500.00", err
	case day == decisionDay && decision != nil:
		said = decision.By + " rejects"
		if decision.Approved {
			said = decision.By + " approves"
		}
		// A signal that is sent again with the same ID, after an error for instance, counts once.
		return said, o.Signal(ctx, Name, loanID, saga.Signal{
			ID: "decision-on-" + loanID, Name: SignalDecision, Payload: decision, Actor: decision.By,
		})
	}
	return "", nil
}

// printHistory writes one line for each event, with the instant at which it was decided.
func printHistory(ctx context.Context, w io.Writer, store eventstore.Store, ref saga.Ref) error {
	fmt.Fprintf(w, "\nhistory of %s\n", ref)
	for event, err := range store.ReadStream(ctx, ref.Stream(), 0, eventstore.Forwards) {
		if err != nil {
			return fmt.Errorf("read the history of %s: %w", ref, err)
		}
		var about struct {
			Step string `json:"step"`
		}
		metadata, err := eventstore.ParseMetadata(event.Metadata)
		if err := errors.Join(err, json.Unmarshal(event.Data, &about)); err != nil {
			return fmt.Errorf("read event %d of %s: %w", event.Revision, ref, err)
		}
		line(w, "  %s  %-21s  %s", metadata.At.Local().Format("_2 Jan 15:04"), event.Type, about.Step)
	}
	return nil
}

// line writes a line without the spaces of columns that are empty.
func line(w io.Writer, format string, args ...any) {
	fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf(format, args...), " "))
}
