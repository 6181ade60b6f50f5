package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/sagatest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func program(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestWhatAPersonDecidesIsDone(t *testing.T) {
	code, out, errs := program(t, "-decision", "approve")
	require.Zero(t, code, errs)
	require.Regexp(t, `day  3 .* free  7500.00  reserved    0.00  paid out 2500.00  grace approves`, out)
	require.Contains(t, out, "the saga has completed\n")

	code, out, errs = program(t, "-decision", "reject")
	require.Zero(t, code, errs)
	require.Regexp(t, `day  3 .* free 10000.00  reserved    0.00  paid out    0.00  grace rejects`, out)
	require.Contains(t, out, "step obey_decision: rejected by grace: no collateral\n")
	require.Regexp(t, `CompensationCompleted  reserve_money`, out)
}

func TestAWaitThatLastsForDaysAndRestartsLapses(t *testing.T) {
	code, out, errs := program(t, "-decision", "none")
	require.Zero(t, code, errs)
	require.Equal(t, 15, strings.Count(out, "day "), "the day of the application and fourteen more")
	require.Regexp(t, `day 14 .* free 10000.00  reserved    0.00  paid out    0.00`, out)
	require.Contains(t, out, "step wait_for_decision: timed out\n")
	require.Regexp(t, `CompensationCompleted  reserve_money`, out)
}

// inBubble runs a test about one application on the clock of a bubble, on which days take no time.
func inBubble(t *testing.T, test func(t *testing.T, o *saga.Orchestrator, lender *Lender)) {
	synctest.Test(t, func(t *testing.T) {
		lender := NewLender(10_000_00)
		o := sagatest.RunOrchestrator(t, saga.Config{Definitions: []saga.AnyDefinition{Definition(lender)}})
		_, err := o.Start(t.Context(), Name, "1", Application{Applicant: "ada", Cents: 2_500_00})
		require.NoError(t, err)
		test(t, o, lender)
	})
}

func balance(lender *Lender) [3]int64 {
	free, reserved, paid := lender.Balance()
	return [3]int64{free, reserved, paid}
}

func approval(id string) saga.Signal {
	return saga.Signal{ID: id, Name: SignalDecision, Payload: Decision{Approved: true, By: "grace"}, Actor: "grace"}
}

func TestNobodyDecidesForExactlyFourteenDays(t *testing.T) {
	inBubble(t, func(t *testing.T, o *saga.Orchestrator, lender *Lender) {
		time.Sleep(patience - time.Second)
		require.Equal(t, [3]int64{7_500_00, 2_500_00, 0}, balance(lender))
		time.Sleep(2 * time.Second)
		ending, err := o.Wait(t.Context(), Name, "1")
		require.NoError(t, err)
		require.Equal(t, saga.StateFailed, ending.State)
		require.Equal(t, [3]int64{10_000_00, 0, 0}, balance(lender))
		require.ErrorIs(t, o.Signal(t.Context(), Name, "1", approval("late")), saga.ErrEnded)
	})
}

func TestADecisionInTheLastSecondCountsAndCountsOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, o *saga.Orchestrator, lender *Lender) {
		time.Sleep(patience - time.Second)
		require.NoError(t, o.Signal(t.Context(), Name, "1", approval("a")))
		ending, err := o.Wait(t.Context(), Name, "1")
		require.NoError(t, err)
		require.Equal(t, saga.StateCompleted, ending.State)
		require.Equal(t, [3]int64{7_500_00, 0, 2_500_00}, balance(lender))
	})
}

// Chance lets everything go wrong that it can, with the person as well: they say yes, no, nothing, too late or twice.
func TestWhateverGoesWrongALoanIsEitherPaidOutOrReleased(t *testing.T) {
	done := sagatest.Simulate(t, func() sagatest.Case[Application] {
		lender := NewLender(10_000_00)
		return sagatest.Case[Application]{
			Definition: Definition(lender), Data: Application{Applicant: "ada", Cents: 2_500_00},
			Signals: map[string][]any{SignalDecision: {Decision{Approved: true}, Decision{}}},
			Invariant: func(end *saga.Instance) error {
				return lender.settled(end.Ref(), end.State() == saga.StateCompleted)
			},
		}
	}, sagatest.Seeds{Count: 100})
	require.NoError(t, done.Err)
	require.Positive(t, done.Completed, "void: no loan was paid out")
	require.Positive(t, done.Failed, "void: no loan was refused")
}

// settled says what is wrong with the loan of a saga that has ended.
func (l *Lender) settled(ref saga.Ref, completed bool) error {
	loan := l.loans[saga.IdempotencyKey(ref, "reserve_money", saga.Action, 0)]
	switch {
	case completed && (loan == nil || !loan.paid || loan.released):
		return fmt.Errorf("the loan of %s is %+v, should be paid out", ref, loan)
	case !completed && loan != nil && (loan.paid || !loan.released):
		return fmt.Errorf("the loan of %s is %+v, should be released", ref, loan)
	}
	return nil
}

func TestMoneyIsReservedOnceAndReleasedWithoutTheResult(t *testing.T) {
	lender := NewLender(10_000_00)
	call := saga.Call[Application]{IdempotencyKey: "k", ActionKey: "k", Data: Application{Applicant: "ada", Cents: 2_500_00}}
	for range 2 {
		_, err := lender.Reserve(t.Context(), call)
		require.NoError(t, err)
	}
	require.Equal(t, [3]int64{7_500_00, 2_500_00, 0}, balance(lender))
	for range 2 {
		require.NoError(t, lender.Release(t.Context(), call, nil))
	}
	require.Equal(t, [3]int64{10_000_00, 0, 0}, balance(lender))
	_, err := lender.Reserve(t.Context(), call)
	require.ErrorIs(t, err, ErrReleased)

	call.IdempotencyKey, call.Data.Cents = "other", 20_000_00
	_, err = lender.Reserve(t.Context(), call)
	require.ErrorIs(t, err, ErrNoMoney)
	require.True(t, saga.IsPermanent(err))
}

func TestMistakesOnTheCommandLine(t *testing.T) {
	code, out, errs := program(t, "-decision", "maybe")
	require.Equal(t, 2, code)
	require.Empty(t, out)
	require.Equal(t, "loan-approval: -decision is \"maybe\", it must be approve, reject or none\n", errs)
	code, _, errs = program(t, "now")
	require.Equal(t, 2, code)
	require.Contains(t, errs, `unexpected argument "now"`)
	code, _, errs = program(t, "-decisoin", "none")
	require.Equal(t, 2, code)
	require.Contains(t, errs, "flag provided but not defined: -decisoin")
	code, _, _ = program(t, "-help")
	require.Zero(t, code)
}
