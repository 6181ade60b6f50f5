package saga_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

func TestRedrive(t *testing.T) {
	parked := func() *tale {
		s := begin(t, define("Re", retriable("r", saga.StepOptions{Retry: saga.RetryPolicy{MaximumAttempts: 2}})))
		s.ends(failed, "failed r 1", "retry r 2")
		s.retries(failed, "failed r 2", "park r action retries_used_up")
		return s
	}
	seen := parked().fold().Revision()

	t.Run("needs an actor and a reason", func(t *testing.T) {
		parked().when(saga.Redrive{Reason: "r", SeenRevision: seen}).ThenError(saga.ErrNoActor)
		parked().when(saga.Redrive{Actor: "ann", SeenRevision: seen}).ThenError(saga.ErrNoActor)
	})
	t.Run("needs a parked saga", func(t *testing.T) {
		s := begin(t, orderDef())
		s.when(saga.Redrive{Actor: "ann", Reason: "r", SeenRevision: 1}).ThenError(saga.ErrNotParked)
	})
	t.Run("needs the exact revision", func(t *testing.T) {
		for _, revision := range []int64{-1, 0, seen - 1, seen + 1} {
			parked().when(saga.Redrive{Actor: "ann", Reason: "r", SeenRevision: revision}).ThenError(saga.ErrStale)
		}
	})
	t.Run("gives a fresh budget, and attempt numbers go on", func(t *testing.T) {
		s := parked()
		s.when(saga.Redrive{Actor: "ann", Reason: "fixed", SeenRevision: seen}).Then(
			saga.StepRedriven{Step: "r", Direction: saga.Action, Actor: "ann", Reason: "fixed", SeenRevision: seen})
		s.redrive("redrive r action", "do r 3")
		s.ends(failed, "failed r 3", "retry r 4")
		s.retries(failed, "failed r 4", "park r action retries_used_up")
	})
	t.Run("gives no attempt more when the one that it found open is interrupted", func(t *testing.T) {
		s := begin(t, define("One", compensable("a", once())))
		s.then(saga.DeclareStillRunning{}, "park a action attempt_still_running")
		s.redrive("redrive a action")
		s.ends(interrupt, "interrupted a 1", "do a 2")
		s.ends(failed, "failed a 2", "turn at a: a", "undo a 1 blind")
	})
	t.Run("works once", func(t *testing.T) {
		s := parked()
		s.redrive("redrive r action", "do r 3")
		s.when(saga.Redrive{Actor: "ann", Reason: "r", SeenRevision: s.fold().Revision()}).ThenError(saga.ErrNotParked)
	})
}

func TestParkingForAMissingStepOrAnAttemptThatDoesNotReturn(t *testing.T) {
	t.Run("a missing step parks where the saga stands", func(t *testing.T) {
		s := begin(t, orderDef())
		s.ends(ok("r"), "did reserve 1", "do pay 1")
		s.ends(failed, "failed pay 1", "retry pay 2")
		s.then(saga.DeclareMissing{}, "park pay action step_missing")
		s.when(saga.DeclareMissing{}).ThenNothing()
		s.when(saga.DeclareStillRunning{}).ThenNothing()
		s.redrive("redrive pay action", "do pay 2")
	})
	t.Run("an attempt that does not return parks where the saga stands", func(t *testing.T) {
		s := begin(t, orderDef())
		s.ends(timedOut, "timed out reserve 1", "retry reserve 2")
		s.then(saga.DeclareStillRunning{}, "park reserve action attempt_still_running")
		s.when(saga.Proceed{Now: s.now.Add(saga.DefaultTimeout * 9)}).ThenNothing()
	})
	t.Run("an attempt that ends while the saga is parked is recorded, and the redrive goes on from there", func(t *testing.T) {
		s := begin(t, define("Two", compensable("a", once()), compensable("b", once())))
		s.then(saga.DeclareStillRunning{}, "park a action attempt_still_running")
		s.ends(failed, "failed a 1")
		s.redrive("redrive a action", "do a 2")
		s.then(saga.DeclareStillRunning{}, "park a action attempt_still_running")
		s.ends(ok("a"), "did a 2")
		s.redrive("redrive a action", "do b 1")
	})
	t.Run("a compensation that succeeds while the saga is parked is not repeated by the redrive", func(t *testing.T) {
		s := begin(t, define("One", compensable("a", once())))
		s.ends(failed, "failed a 1", "turn at a: a", "undo a 1 blind")
		s.then(saga.DeclareStillRunning{}, "park a compensation attempt_still_running")
		s.ends(undone, "undid a 1")
		s.redrive("redrive a compensation", "SagaFailed")
	})
	t.Run("every reason has a remedy", func(t *testing.T) {
		for _, reason := range []saga.ParkReason{
			saga.ParkedRetriesUsedUp, saga.ParkedPermanentError, saga.ParkedPivotUnknown, saga.ParkedInterrupted,
			saga.ParkedStillRunning, saga.ParkedLateSuccess, saga.ParkedStepMissing, "of a newer program",
		} {
			require.Contains(t, saga.Parked{Reason: reason}.Remedy(), "redrive")
		}
	})
}
