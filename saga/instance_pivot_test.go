package saga_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

func atPivot(t *testing.T) *tale {
	s := begin(t, tripDef())
	s.ends(ok("h"), "did hotel 1", "do car 1")
	s.ends(ok("c"), "did car 1", "do buy 1")
	return s
}

func TestBeforeThePivotEveryFailureCompensates(t *testing.T) {
	s := begin(t, tripDef())
	s.ends(ok("h"), "did hotel 1", "do car 1")
	s.ends(refused, "failed car 1 for good", "turn at car: hotel", "undo hotel 1")
}

func TestAPivotThatCertainlyDidNotHappenCompensates(t *testing.T) {
	s := atPivot(t)
	s.ends(refused, "failed buy 1 for good", "turn at buy: car hotel", "undo car 1")
	s.ends(undone, "undid car 1", "undo hotel 1")
	s.ends(undone, "undid hotel 1", "SagaFailed")
}

func TestAPivotWhoseOutcomeIsUnknownIsAskedAgainThenParkedAndNeverCompensatedPast(t *testing.T) {
	t.Run("transient errors", func(t *testing.T) {
		s := atPivot(t)
		s.ends(failed, "failed buy 1", "retry buy 2")
		s.retries(panicked, "failed buy 2", "retry buy 3")
		s.retries(failed, "failed buy 3", "park buy action pivot_outcome_unknown")
	})
	t.Run("a timeout, then a permanent error", func(t *testing.T) {
		s := atPivot(t)
		s.ends(timedOut, "timed out buy 1", "retry buy 2")
		s.retries(refused, "failed buy 2 for good", "park buy action pivot_outcome_unknown")
	})
	t.Run("an interruption, then a permanent error", func(t *testing.T) {
		s := atPivot(t)
		s.ends(interrupt, "interrupted buy 1", "do buy 2")
		s.ends(refused, "failed buy 2 for good", "park buy action pivot_outcome_unknown")
	})
	t.Run("redriven, it still never turns round", func(t *testing.T) {
		s := atPivot(t)
		s.ends(interrupt, "interrupted buy 1", "do buy 2")
		s.ends(refused, "failed buy 2 for good", "park buy action pivot_outcome_unknown")
		s.redrive("redrive buy action", "do buy 3")
		s.ends(refused, "failed buy 3 for good", "park buy action pivot_outcome_unknown")
		s.redrive("redrive buy action", "do buy 4")
		s.ends(ok("b"), "did buy 4", "do mail 1")
		s.ends(ok("m"), "did mail 1", "SagaCompleted")
	})
}

func TestAfterThePivotAStepIsRetriedAndThenParked(t *testing.T) {
	s := atPivot(t)
	s.ends(ok("b"), "did buy 1", "do mail 1")
	for attempt := range 9 {
		s.decide(s.ending(failed))
		s.now = dueOf(s.events[len(s.events)-1])
		require.Len(t, s.decide(saga.Proceed{Now: s.now}), 1, attempt)
	}
	s.ends(failed, "failed mail 10", "park mail action retries_used_up")
	s.redrive("redrive mail action", "do mail 11")
	s.ends(refused, "failed mail 11 for good", "park mail action permanent_error")
	s.redrive("redrive mail action", "do mail 12")
	s.ends(ok("m"), "did mail 12", "SagaCompleted")
}

func TestAReadOnlyStepAfterThePivotIsParkedToo(t *testing.T) {
	s := begin(t, define("Read", compensable("a", once()), pivot("p", once()), readOnly("look", once()), retriable("r", once())))
	s.ends(ok("a"), "did a 1", "do p 1")
	s.ends(ok("p"), "did p 1", "do look 1")
	s.ends(failed, "failed look 1", "park look action retries_used_up")
}

func TestWithoutAPivotTheStartOfTheFirstRetriableStepIsThePointOfNoReturn(t *testing.T) {
	def := define("NoPivot", compensable("a", once()), retriable("r", once()))
	s := begin(t, def)
	s.ends(refused, "failed a 1 for good", "turn at a: ", "SagaFailed")

	s = begin(t, def)
	s.ends(ok("a"), "did a 1", "do r 1")
	s.ends(refused, "failed r 1 for good", "park r action permanent_error")
}

func TestASagaOfRetriableStepsAloneNeverCompensates(t *testing.T) {
	s := begin(t, define("Only", retriable("r", once()), retriable("q", once())))
	s.ends(failed, "failed r 1", "park r action retries_used_up")
	s.pass(time.Hour)
	s.redrive("redrive r action", "do r 2")
	s.ends(ok("r"), "did r 2", "do q 1")
}
