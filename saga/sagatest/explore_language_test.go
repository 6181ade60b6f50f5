package sagatest_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/internal/proof"
	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/sagatest"
)

func branches() sagatest.Case[order] {
	l := sagatest.NewLedger()
	once := saga.StepOptions{Retry: saga.RetryPolicy{MaximumAttempts: 1}}
	return sagatest.Case[order]{
		Definition: saga.Definition[order]{Name: "Journey", Version: 1, Deadline: time.Hour, Steps: []saga.Step[order]{
			saga.Parallel("book", saga.Compensable("flight", do(l), undo(l), saga.StepOptions{}),
				saga.Compensable("hotel", do(l), undo(l), once), saga.Compensable("car", do(l), undo(l), once)).Limit(2),
			saga.Pivot("pay", do(l), once),
			saga.Parallel("after", saga.Retriable("ticket", do(l), once), saga.Retriable("invoice", do(l), once)),
		}},
		Data: order{Item: "Bergen"}, Ledger: l,
	}
}

func waits() sagatest.Case[order] {
	l := sagatest.NewLedger()
	once, no := saga.StepOptions{Retry: saga.RetryPolicy{MaximumAttempts: 1}}, false
	return sagatest.Case[order]{
		Definition: saga.Definition[order]{Name: "Loan", Version: 1, Deadline: time.Hour, Steps: []saga.Step[order]{
			saga.Compensable("reserve", do(l), undo(l), once),
			saga.Parallel("checks", saga.Compensable("value", do(l), undo(l), once),
				saga.Await[order]("papers", saga.AwaitOptions[bool]{Timeout: time.Minute, Default: &no})),
			saga.Await[order]("approval", saga.AwaitOptions[bool]{}),
			saga.Await[order]("second", saga.AwaitOptions[bool]{Signal: "approval", Timeout: 10 * time.Minute}),
			saga.Retriable("transfer", do(l), once),
			saga.Await[order]("receipt", saga.AwaitOptions[bool]{Timeout: time.Minute}),
		}},
		Data: order{Item: "house"}, Ledger: l, Signals: map[string][]any{"approval": {true}},
	}
}

// SKALD_PROOF_PAIRS=1 tries one pair in ten, otherwise one in two hundred.
func TestGroupsAndWaitsThatAreRightSurviveEveryPairOfFailures(t *testing.T) {
	options := sagatest.Options{OneIn: 200}
	if proof.Count("PAIRS", 0) > 0 {
		options.OneIn = 10
	}
	for name, explored := range map[string]struct {
		factory func() sagatest.Case[order]
		kinds   int
	}{"groups on both sides of a pivot": {branches, 15}, "waits, beside and after steps": {waits, 20}} {
		t.Run(name, func(t *testing.T) {
			report := sagatest.Explore(t, explored.factory, options)
			require.NoError(t, report.Err)
			require.True(t, report.Complete)
			require.Positive(t, report.Completed)
			require.Positive(t, report.Failed)
			require.Positive(t, report.Parked)
			require.Len(t, report.Kinds, explored.kinds, "every kind of failure has happened")
		})
	}
}

func TestASignalComesWhenAScheduleSaysSo(t *testing.T) {
	for name, schedule := range map[string]sagatest.Schedule{
		"never, and an operator cancels": {{Kind: sagatest.SignalNever, Wait: "approval"}, {Kind: sagatest.CancelAfterAppend, Append: 6}},
		"early, and from several":        {{Kind: sagatest.SignalEarly, Wait: "papers"}, {Kind: sagatest.SignalFromSeveral, Wait: "approval"}},
		"late, after a crash":            {{Kind: sagatest.SignalLate, Wait: "second"}, {Kind: sagatest.CrashAfterAppend, Append: 3}},
		"when the deadline has passed":   {{Kind: sagatest.SignalLate, Wait: "receipt"}, {Kind: sagatest.DeadlinePasses, Append: 8}},
		"twice":                          {{Kind: sagatest.SignalTwice, Wait: "approval"}},
	} {
		t.Run(name, func(t *testing.T) { sagatest.Replay(t, waits, schedule) })
	}
}

// The reverse of a branch that does nothing is found, with a chart in which two attempts are open and the code of a test.
func TestABranchThatForgetsToUndoIsFound(t *testing.T) {
	factory := func() sagatest.Case[order] {
		c := branches()
		forgets := func(context.Context, saga.Call[order], *string) error { return nil }
		c.Definition.Steps[0] = saga.Parallel("book", saga.Compensable("flight", do(c.Ledger), undo(c.Ledger), saga.StepOptions{}),
			saga.Compensable("hotel", do(c.Ledger), forgets, saga.StepOptions{}))
		return c
	}
	j := &judge{}
	report := sagatest.Explore(j, factory, sagatest.Options{})
	require.ErrorContains(t, report.Err, "breaks E2")
	require.Len(t, report.Failing, 1)
	require.Contains(t, j.errors[0], "SagaStarted, StepStarted flight 1, StepStarted hotel 1")
	require.Contains(t, j.errors[0], "sagatest.Replay(t, factory, sagatest.Schedule{")
	require.Equal(t, "sagatest.Schedule{\n\t{Kind: sagatest.SignalLate, Wait: \"papers\"},\n}",
		sagatest.Schedule{{Kind: sagatest.SignalLate, Wait: "papers"}}.GoString())
}
