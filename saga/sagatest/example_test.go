package sagatest_test

import (
	"context"
	"fmt"

	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/sagatest"
)

// trip is a saga over participants that keep their books in one ledger: book a room, then pay for it.
func trip() sagatest.Case[order] {
	ledger := sagatest.NewLedger()
	book := func(_ context.Context, call saga.Call[order]) (string, error) {
		return sagatest.Apply(ledger, call, "room 12")
	}
	cancel := func(_ context.Context, call saga.Call[order], room *string) error {
		return sagatest.Undo(ledger, call) // room is nil when it is not known whether one was booked; the key finds out
	}
	pay := func(_ context.Context, call saga.Call[order]) (string, error) {
		return sagatest.Apply(ledger, call, "receipt 8")
	}
	refund := func(_ context.Context, call saga.Call[order], receipt *string) error {
		return sagatest.Undo(ledger, call)
	}
	return sagatest.Case[order]{
		Definition: saga.Definition[order]{Name: "Trip", Version: 1, Steps: []saga.Step[order]{
			saga.Compensable("book", book, cancel, saga.StepOptions{}),
			saga.Compensable("pay", pay, refund, saga.StepOptions{}),
		}},
		Data:   order{Item: "Bergen"},
		Ledger: ledger,
		Invariant: func(end *saga.Instance) error {
			if ledger.Stands(end.Ref(), "pay") && !ledger.Stands(end.Ref(), "book") {
				return fmt.Errorf("paid for a room that is not booked")
			}
			return nil
		},
	}
}

// printer stands for the *testing.T of a test.
type printer struct{}

func (printer) Helper()                        {}
func (printer) Logf(f string, args ...any)     { fmt.Printf(f+"\n", args...) }
func (p printer) Errorf(f string, args ...any) { p.Logf(f, args...) }

func ExampleExplore() {
	t := printer{} // in a test, its *testing.T
	report := sagatest.Explore(quiet{t}, trip, sagatest.Options{OneIn: 100})
	fmt.Println(report.Runs > 100, report.Complete, report.Err)
	// Output: true true <nil>
}

func ExampleReplay() {
	t := printer{} // in a test, its *testing.T
	sagatest.Replay(t, trip, sagatest.Schedule{
		{Kind: sagatest.DoneButTimedOut, Step: "pay", Attempt: 1, Always: true},
		{Kind: sagatest.CrashAfterAppend, Append: 7},
	})
	// Output:
}

func ExampleSimulate() {
	t := printer{} // in a test, its *testing.T
	sum := sagatest.Simulate(quiet{t}, trip, sagatest.Seeds{Count: 50})
	fmt.Println(sum.Seeds, sum.Completed+sum.Failed+sum.SetAside, sum.Err)
	// Output: 50 150 <nil>
}

// quiet says nothing of what went well.
type quiet struct{ printer }

func (quiet) Logf(string, ...any) {}
