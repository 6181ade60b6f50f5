package saga_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

var unwanted = saga.Cancel{Actor: "ann", Reason: "not wanted", SeenRevision: saga.NotSeen}

func TestG21ACancelledSagaIsCompensatedAsSoonAsNothingIsOpen(t *testing.T) {
	t.Run("between attempts, at once", func(t *testing.T) {
		s := begin(t, orderDef())
		s.ends(failed, "failed reserve 1", "retry reserve 2")
		s.then(unwanted, "cancel", "turn at : reserve")
		s.then(saga.Proceed{Now: s.now}, "undo reserve 1 blind")
		s.ends(undone, "undid reserve 1", "SagaFailed")
	})
	t.Run("after the success of the open attempt", func(t *testing.T) {
		s := atPivot(t)
		s = &tale{t: t, ref: s.ref, events: s.events[:len(s.events)-2], at: s.at[:len(s.at)-2], now: s.now} // car runs
		s.then(unwanted, "cancel")
		s.ends(ok("c"), "did car 1", "turn at : car hotel", "undo car 1")
	})
	t.Run("after its failure, whatever it is", func(t *testing.T) {
		for _, c := range []struct {
			outcome saga.Outcome
			want    []string
		}{
			{failed, []string{"failed reserve 1", "turn at : reserve", "undo reserve 1 blind"}},
			{refused, []string{"failed reserve 1 for good", "turn at : ", "SagaFailed"}},
			{interrupt, []string{"interrupted reserve 1", "turn at : reserve", "undo reserve 1 blind"}},
		} {
			s := begin(t, orderDef())
			s.then(unwanted, "cancel")
			s.ends(c.outcome, c.want...)
		}
	})
	t.Run("before anything has started, by the operator alone", func(t *testing.T) {
		start := startOf(orderDef(), noon)
		start.Go = false
		s := &tale{t: t, ref: start.Ref, now: noon}
		s.then(start, "SagaStarted")
		s.then(unwanted, "cancel", "turn at : ", "SagaFailed")
	})
}

func TestACancelledSagaTellsWhoAndWhy(t *testing.T) {
	s := begin(t, orderDef())
	s.decide(unwanted)
	s.ends(refused, "failed reserve 1 for good", "turn at : ", "SagaFailed")
	step, reason := s.fold().Failure()
	require.Empty(t, step)
	require.Equal(t, "cancelled by ann: not wanted", reason)
}

func TestG21ACancellationWaitsForTheOutcomeOfThePivot(t *testing.T) {
	t.Run("which certainly did not happen", func(t *testing.T) {
		s := atPivot(t)
		s.then(unwanted, "cancel")
		s.ends(refused, "failed buy 1 for good", "turn at : car hotel", "undo car 1")
	})
	t.Run("which happened, so that it is too late", func(t *testing.T) {
		s := atPivot(t)
		s.then(unwanted, "cancel")
		s.ends(ok("b"), "did buy 1", "do mail 1")
		s.when(unwanted).ThenNothing()
		s.ends(ok("m"), "did mail 1", "SagaCompleted")
	})
	t.Run("which is unknown, so that it is asked again and then parked", func(t *testing.T) {
		s := atPivot(t)
		s.then(unwanted, "cancel")
		s.ends(failed, "failed buy 1", "retry buy 2")
		s.retries(failed, "failed buy 2", "retry buy 3")
		s.retries(failed, "failed buy 3", "park buy action pivot_outcome_unknown")
		s.redrive("redrive buy action", "do buy 4")
		s.ends(ok("b"), "did buy 4", "do mail 1")
	})
	t.Run("also when it was parked for that before", func(t *testing.T) {
		s := atPivot(t)
		s.ends(failed, "failed buy 1", "retry buy 2")
		s.retries(failed, "failed buy 2", "retry buy 3")
		s.retries(failed, "failed buy 3", "park buy action pivot_outcome_unknown")
		s.then(unwanted, "cancel")
		_, parked := s.fold().Parked()
		require.True(t, parked)
	})
}

func TestACancellationEndsTheWaitForAPerson(t *testing.T) {
	s := begin(t, orderDef())
	s.ends(failed, "failed reserve 1", "retry reserve 2")
	s.then(saga.DeclareMissing{}, "park reserve action step_missing")
	s.then(unwanted, "cancel", "turn at : reserve")
	s.then(saga.Proceed{Now: s.now}, "undo reserve 1 blind")
}

func TestG21CancelIsRefusedWhenItIsTooLateOrStale(t *testing.T) {
	past := atPivot(t)
	past.ends(ok("b"), "did buy 1", "do mail 1")
	past.when(unwanted).ThenError(saga.ErrTooLate)
	retried := begin(t, define("Re", retriable("r", once())))
	retried.when(unwanted).ThenError(saga.ErrTooLate)

	s := begin(t, orderDef())
	s.when(saga.Cancel{Reason: "r", SeenRevision: 1}).ThenError(saga.ErrNoActor)
	s.when(saga.Cancel{Actor: "ann", SeenRevision: 1}).ThenError(saga.ErrNoActor)
	s.when(saga.Cancel{Actor: "ann", Reason: "r", SeenRevision: 0}).ThenError(saga.ErrStale)
	seen := int64(1)
	s.when(saga.Cancel{Actor: "ann", Reason: "r", SeenRevision: 1}).Then(
		saga.SagaCancelRequested{Actor: "ann", Reason: "r", SeenRevision: &seen})
	s.ends(refused, "failed reserve 1 for good", "turn at reserve: ", "SagaFailed")
	s.when(unwanted).ThenError(saga.ErrEnded)
}

func TestCancellingTwiceIsCancellingOnce(t *testing.T) {
	s := begin(t, orderDef())
	s.then(unwanted, "cancel")
	s.when(unwanted).ThenNothing()
	s.ends(failed, "failed reserve 1", "turn at : reserve", "undo reserve 1 blind")
	s.when(unwanted).ThenNothing()
}

func TestTerminateEndsASagaAndSaysWhatStays(t *testing.T) {
	hopeless := saga.Terminate{Actor: "ann", Reason: "hopeless", SeenRevision: saga.NotSeen}
	t.Run("on the way forward", func(t *testing.T) {
		s := atPivot(t)
		s.then(hopeless, "terminate: hotel car buy")
		require.Equal(t, saga.StateTerminated, s.fold().State())
		s.when(hopeless).ThenError(saga.ErrEnded)
	})
	t.Run("on the way back", func(t *testing.T) {
		s := atPivot(t)
		s.ends(refused, "failed buy 1 for good", "turn at buy: car hotel", "undo car 1")
		s.ends(undone, "undid car 1", "undo hotel 1")
		s.then(hopeless, "terminate: hotel")
	})
	t.Run("parked", func(t *testing.T) {
		s := begin(t, define("Re", retriable("r", once())))
		s.ends(refused, "failed r 1 for good", "park r action permanent_error")
		s.when(saga.Terminate{Actor: "ann", Reason: "r", SeenRevision: 0}).ThenError(saga.ErrStale)
		s.when(saga.Terminate{Actor: "ann", SeenRevision: 0}).ThenError(saga.ErrNoActor)
		s.then(hopeless, "terminate: ")
		_, parked := s.fold().Parked()
		require.False(t, parked)
	})
}
