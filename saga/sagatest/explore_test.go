package sagatest_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/internal/proof"
	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/sagatest"
)

type order struct{ Item string }

// books makes the functions of a step over a ledger.
func do(l *sagatest.Ledger) func(context.Context, saga.Call[order]) (string, error) {
	return func(_ context.Context, call saga.Call[order]) (string, error) {
		return sagatest.Apply(l, call, call.Step+" of "+call.Data.Item)
	}
}

func undo(l *sagatest.Ledger) func(context.Context, saga.Call[order], *string) error {
	return func(_ context.Context, call saga.Call[order], _ *string) error { return sagatest.Undo(l, call) }
}

func fourSteps() sagatest.Case[order] {
	l := sagatest.NewLedger()
	var steps []saga.Step[order]
	for _, name := range []string{"reserve_inventory", "process_payment", "create_shipment", "send_confirmation"} {
		steps = append(steps, saga.Compensable(name, do(l), undo(l), saga.StepOptions{}))
	}
	return sagatest.Case[order]{
		Definition: saga.Definition[order]{Name: "OrderFulfillment", Version: 1, Steps: steps},
		Data:       order{Item: "lamp"}, Ledger: l,
	}
}

func withPivot() sagatest.Case[order] {
	l := sagatest.NewLedger()
	look := func(context.Context, saga.Call[order]) (string, error) { return "in stock", nil }
	return sagatest.Case[order]{
		Definition: saga.Definition[order]{Name: "Trip", Version: 1, Steps: []saga.Step[order]{
			saga.ReadOnly("look", look, saga.StepOptions{}),
			saga.Compensable("hold", do(l), undo(l), saga.StepOptions{CompensateOnFailure: true}),
			saga.Pivot("pay", do(l), saga.StepOptions{Retry: saga.RetryPolicy{MaximumAttempts: 2}}),
			saga.Retriable("ticket", do(l), saga.StepOptions{Retry: saga.RetryPolicy{MaximumAttempts: 3}}),
		}},
		Data: order{Item: "Bergen"}, Ledger: l,
	}
}

// SKALD_PROOF_PAIRS=1 tries all pairs, otherwise one in fifty.
func TestASagaThatIsRightSurvivesEveryPairOfFailures(t *testing.T) {
	options := sagatest.Options{OneIn: 50}
	if proof.Count("PAIRS", 0) > 0 {
		options.OneIn = 1
	}
	for name, factory := range map[string]func() sagatest.Case[order]{
		"four compensable steps": fourSteps, "a pivot between a compensable and a retriable step": withPivot,
	} {
		t.Run(name, func(t *testing.T) {
			report := sagatest.Explore(t, factory, options)
			require.NoError(t, report.Err)
			require.True(t, report.Complete)
			require.Positive(t, report.Completed)
			require.Positive(t, report.Failed)
			require.Positive(t, report.Parked)
			require.Len(t, report.Kinds, 14, "every kind of failure has happened")
		})
	}
}

// Some failures have points of their own: those that only another failure leads to.
func TestTheSecondFailureIsTriedWhereTheFirstOneLeads(t *testing.T) {
	for name, schedule := range map[string]sagatest.Schedule{
		"at a retry": {
			{Kind: sagatest.TransientError, Step: "process_payment", Attempt: 1},
			{Kind: sagatest.DoneButTimedOut, Step: "process_payment", Attempt: 2},
		},
		"at a compensation": {
			{Kind: sagatest.PermanentError, Step: "process_payment", Attempt: 1},
			{Kind: sagatest.Panic, Step: "reserve_inventory", Direction: saga.Compensation, Attempt: 1, Always: true},
		},
		"at the append of a restart": {
			{Kind: sagatest.CrashBeforeAppend, Append: 2}, {Kind: sagatest.CrashAfterAppend, Append: 3},
		},
		"at the append of a restart after an outage": {
			{Kind: sagatest.OutageAfterAppend, Append: 2}, {Kind: sagatest.OutageBeforeAppend, Append: 3},
		},
		"at the append of an operator": {
			{Kind: sagatest.PermanentError, Step: "send_confirmation", Attempt: 1},
			{Kind: sagatest.PermanentError, Step: "create_shipment", Direction: saga.Compensation, Attempt: 1},
			{Kind: sagatest.OutageAfterAppend, Append: 7},
		},
		"when a stop has interrupted an attempt": {
			{Kind: sagatest.Stop, Step: "create_shipment", Attempt: 1},
			{Kind: sagatest.StillRunning, Step: "create_shipment", Attempt: 2},
		},
	} {
		t.Run(name, func(t *testing.T) { sagatest.Replay(t, fourSteps, schedule) })
	}
}

// With a single attempt, a request that comes late can come after the compensation that a restart has asked for.
func TestAParticipantThatForgetsWhatItHasUndoneIsFound(t *testing.T) {
	factory := func() sagatest.Case[order] {
		rooms := map[string]bool{}
		book := func(_ context.Context, call saga.Call[order]) (string, error) {
			rooms[call.ActionKey] = true
			return "room 12", nil
		}
		cancel := func(_ context.Context, call saga.Call[order], _ *string) error {
			delete(rooms, call.ActionKey)
			return nil
		}
		return sagatest.Case[order]{
			Definition: saga.Definition[order]{Name: "Trip", Version: 1, Steps: []saga.Step[order]{
				saga.Compensable("book", book, cancel, saga.StepOptions{Retry: saga.RetryPolicy{MaximumAttempts: 1}}),
			}},
			Invariant: func(end *saga.Instance) error {
				if booked := len(rooms) > 0; booked != (end.State() == saga.StateCompleted) {
					return errors.New("a room is booked for nobody")
				}
				return nil
			},
		}
	}
	j := &judge{}
	report := sagatest.Explore(j, factory, sagatest.Options{})
	require.ErrorContains(t, report.Err, "a room is booked for nobody")
	require.Equal(t, sagatest.Schedule{
		{Kind: sagatest.LateEffect, Step: "book", Attempt: 1}, {Kind: sagatest.CrashBeforeAppend, Append: 2},
	}, report.Failing)
}
