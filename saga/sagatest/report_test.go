package sagatest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/sagatest"
)

// judge is a test that keeps what it is told.
type judge struct{ errors, logs []string }

func (*judge) Helper()                        {}
func (j *judge) Logf(f string, args ...any)   { j.logs = append(j.logs, fmt.Sprintf(f, args...)) }
func (j *judge) Errorf(f string, args ...any) { j.errors = append(j.errors, fmt.Sprintf(f, args...)) }

// forgetful is a saga whose compensation of the payment forgets that its result may be unknown.
func forgetful() sagatest.Case[order] {
	l := sagatest.NewLedger()
	refund := func(_ context.Context, call saga.Call[order], receipt *string) error {
		if receipt == nil {
			return nil // "no receipt, so nothing was paid"
		}
		return sagatest.Undo(l, call)
	}
	return sagatest.Case[order]{
		Definition: saga.Definition[order]{Name: "Order", Version: 1, Steps: []saga.Step[order]{
			saga.Compensable("reserve", do(l), undo(l), saga.StepOptions{}),
			saga.Compensable("pay", do(l), refund, saga.StepOptions{}),
		}},
		Ledger: l,
	}
}

func TestACompensationThatForgetsTheUnknownOutcomeIsFound(t *testing.T) {
	j := &judge{}
	report := sagatest.Explore(j, forgetful, sagatest.Options{})
	require.Equal(t, sagatest.Schedule{
		{Kind: sagatest.DoneButTimedOut, Step: "pay", Attempt: 1, Always: true},
	}, report.Failing)
	require.Len(t, j.errors, 1)
	told := j.errors[0]
	require.Contains(t, told, "does not survive DoneButTimedOut at the action of pay, attempt 1 and all after it")
	require.Contains(t, told, "breaks E2: Each effect of a completed saga stands, and none of a failed one does.")
	require.Contains(t, told, "action of pay, attempt 3, and ✗ the answer is lost: done")
	require.Contains(t, told, "StepTimedOut pay 3, CompensationRequested")
	require.Contains(t, told, `{Kind: sagatest.DoneButTimedOut, Step: "pay", Attempt: 1, Always: true},`)
	t.Log("\n" + told)

	again := &judge{}
	sagatest.Replay(again, forgetful, report.Failing)
	require.Equal(t, j.errors, again.errors, "the regression test shows the same, to the letter")
}

func TestAnActionThatIsDoneTwiceIsFoundByTheInvariant(t *testing.T) {
	factory := func() sagatest.Case[order] {
		paid := 0
		pay := func(context.Context, saga.Call[order]) (string, error) { paid++; return "receipt", nil }
		refund := func(context.Context, saga.Call[order], *string) error { paid--; return nil }
		return sagatest.Case[order]{
			Definition: saga.Definition[order]{Name: "Order", Version: 1, Steps: []saga.Step[order]{
				saga.Compensable("pay", pay, refund, saga.StepOptions{}),
			}},
			Invariant: func(end *saga.Instance) error {
				if want := map[saga.State]int{saga.StateCompleted: 1}[end.State()]; paid != want {
					return fmt.Errorf("paid %d times, should be %d", paid, want)
				}
				return nil
			},
		}
	}
	j := &judge{}
	report := sagatest.Explore(j, factory, sagatest.Options{})
	require.ErrorContains(t, report.Err, "should be")
	require.Len(t, report.Failing, 1, "the shortest schedule is found first")
}

func TestACompensationThatPanicsByItselfIsFound(t *testing.T) {
	factory := func() sagatest.Case[order] {
		c := forgetful()
		l := c.Ledger
		c.Definition.Steps[1] = saga.Compensable("pay", do(l), func(_ context.Context, call saga.Call[order], r *string) error {
			_ = strings.ToUpper(*r)
			return sagatest.Undo(l, call)
		}, saga.StepOptions{})
		return c
	}
	j := &judge{}
	report := sagatest.Explore(j, factory, sagatest.Options{})
	require.ErrorContains(t, report.Err, "parked at the compensation of pay")
	require.ErrorContains(t, report.Err, "nil pointer dereference")
}

func TestWhatCannotBeRunIsReported(t *testing.T) {
	t.Run("a definition with faults", func(t *testing.T) {
		j := &judge{}
		report := sagatest.Explore(j, func() sagatest.Case[order] { return sagatest.Case[order]{} }, sagatest.Options{})
		require.ErrorIs(t, report.Err, saga.ErrInvalidDefinition)
		require.Len(t, j.errors, 1)
	})
	t.Run("a replay that never comes to its fault is void", func(t *testing.T) {
		j := &judge{}
		sagatest.Replay(j, fourSteps, sagatest.Schedule{{Kind: sagatest.Panic, Step: "gone", Attempt: 1}})
		require.Len(t, j.errors, 1)
		require.Contains(t, j.errors[0], "the run is void: it never came to Panic at the action of gone, attempt 1")
	})
	t.Run("an exploration that stops before its end says so", func(t *testing.T) {
		j := &judge{}
		report := sagatest.Explore(j, fourSteps, sagatest.Options{MaxRuns: 10})
		require.False(t, report.Complete)
		require.Equal(t, 10, report.Runs)
		require.Contains(t, strings.Join(j.logs, "\n"), "stopped after MaxRuns = 10 runs")
	})
	t.Run("a saga that refuses by itself is explored as well", func(t *testing.T) {
		factory := func() sagatest.Case[order] {
			c := fourSteps()
			c.Definition.Steps[3] = saga.Compensable("refuse", func(context.Context, saga.Call[order]) (string, error) {
				return "", saga.Permanent(errors.New("nobody lives there"))
			}, undo(c.Ledger), saga.StepOptions{})
			return c
		}
		report := sagatest.Explore(t, factory, sagatest.Options{SinglesOnly: true})
		require.True(t, report.Complete)
		require.Zero(t, report.Completed)
	})
}
