package saga_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

func twoSteps() saga.Definition[goods] {
	return define("Late", compensable("a", once()), compensable("b", once()))
}

// lateSuccess is the news that the first attempt of an action has succeeded after all.
func lateSuccess(s *tale, step string) saga.RecordOutcome {
	return saga.RecordOutcome{Now: s.now, Step: step, Attempt: 1, Outcome: ok("late " + step), Go: true}
}

func TestALateSuccessWhileTheStepWaitsForItsRetryGoesForward(t *testing.T) {
	s := begin(t, orderDef())
	s.ends(timedOut, "timed out reserve 1", "retry reserve 2")
	s.then(lateSuccess(s, "reserve"), "did reserve 1 late", "do pay 1")
}

func TestLateFailuresAreNoNews(t *testing.T) {
	s := begin(t, orderDef())
	s.ends(timedOut, "timed out reserve 1", "retry reserve 2")
	for _, outcome := range []saga.Outcome{failed, refused, panicked, timedOut, interrupt} {
		s.when(s.ending(outcome)).ThenNothing()
	}
}

func TestALateSuccessWhileCompensatingSuppliesTheResult(t *testing.T) {
	s := begin(t, twoSteps())
	s.ends(ok("a"), "did a 1", "do b 1")
	command := s.ending(timedOut)
	command.Go = false
	s.then(command, "timed out b 1", "turn at b: b a")
	s.then(lateSuccess(s, "b"), "did b 1 late", "undo b 1")
	s.ends(undone, "undid b 1", "undo a 1")
	s.ends(undone, "undid a 1", "SagaFailed")
}

func TestALateSuccessDuringABlindCompensationParksTheSagaWhenThatEnds(t *testing.T) {
	s := begin(t, twoSteps())
	s.ends(ok("a"), "did a 1", "do b 1")
	s.ends(failed, "failed b 1", "turn at b: b a", "undo b 1 blind")
	s.then(lateSuccess(s, "b"), "did b 1 late")
	end := s.ending(nothing)
	end.Direction = saga.Compensation
	s.then(end, "undid b 1 nothing", "park b compensation late_success")
	s.redrive("redrive b compensation", "undo b 2")
	require.Equal(t, "Late/7/b/compensation/2", lastStart(s).Key, "the old key stands for a compensation that found nothing")
	s.ends(undone, "undid b 2", "undo a 1")
	s.ends(undone, "undid a 1", "SagaFailed")
}

func TestALateSuccessDuringABlindCompensationThatFailsGivesTheNextAttemptTheResult(t *testing.T) {
	s := begin(t, twoSteps())
	s.ends(ok("a"), "did a 1", "do b 1")
	s.ends(failed, "failed b 1", "turn at b: b a", "undo b 1 blind")
	s.then(lateSuccess(s, "b"), "did b 1 late")
	s.ends(failed, "undo failed b 1", "retry undo b 2")
	s.now = dueOf(s.events[len(s.events)-1])
	s.then(saga.Proceed{Now: s.now}, "undo b 2")
	s.ends(undone, "undid b 2", "undo a 1")
}

// blind tells of a saga in which the compensation of b has ended without a result, and that of a runs.
func blind(t *testing.T) *tale {
	s := begin(t, twoSteps())
	s.ends(ok("a"), "did a 1", "do b 1")
	s.ends(failed, "failed b 1", "turn at b: b a", "undo b 1 blind")
	s.ends(nothing, "undid b 1 nothing", "undo a 1")
	return s
}

func TestALateSuccessAfterABlindCompensationParksTheSaga(t *testing.T) {
	s := blind(t)
	command := lateSuccess(s, "b")
	command.Go = false
	s.then(command, "did b 1 late", "park b compensation late_success")
	s.when(lateSuccess(s, "b")).ThenNothing()
	s.ends(undone, "undid a 1")
	s.redrive("redrive b compensation", "undo b 2")
	require.Equal(t, "Late/7/b/compensation/2", lastStart(s).Key)
	s.ends(undone, "undid b 2", "SagaFailed")
}

func TestAfterTheSecondCompensationTheRestOfThePlanGoesOn(t *testing.T) {
	s := blind(t)
	s.decide(s.ending(interrupt))
	s.then(lateSuccess(s, "b"), "did b 1 late", "park b compensation late_success")
	s.ends(interrupt, "undo interrupted a 2")
	s.redrive("redrive b compensation", "undo b 2")
	s.ends(undone, "undid b 2", "undo a 3")
	require.Equal(t, "Late/7/a/compensation", lastStart(s).Key)
	s.ends(undone, "undid a 3", "SagaFailed")
}

func TestASecondCompensationThatIsRedrivenWhileAnotherRunsRepeatsNothing(t *testing.T) {
	s := blind(t)
	s.then(lateSuccess(s, "b"), "did b 1 late", "park b compensation late_success")
	s.redrive("redrive b compensation")
	s.ends(undone, "undid a 1", "undo b 2")
	s.ends(undone, "undid b 2", "SagaFailed")
}

func TestACompensationThatFailsForTheLastTimeWhileTheSagaIsParkedElsewhereIsParkedInItsTurn(t *testing.T) {
	s := blind(t)
	s.then(lateSuccess(s, "b"), "did b 1 late", "park b compensation late_success")
	s.ends(refused, "undo failed a 1 for good")
	s.redrive("redrive b compensation", "undo b 2")
	s.ends(undone, "undid b 2", "park a compensation retries_used_up")
	s.redrive("redrive a compensation", "undo a 2")
	s.ends(undone, "undid a 2", "SagaFailed")
}

func TestALateSuccessOfAParkedSagaIsNotForgotten(t *testing.T) {
	t.Run("parked at another compensation", func(t *testing.T) {
		s := blind(t)
		s.ends(refused, "undo failed a 1 for good", "park a compensation permanent_error")
		s.then(lateSuccess(s, "b"), "did b 1 late")
		s.redrive("redrive a compensation", "park b compensation late_success")
		s.redrive("redrive b compensation", "undo b 2")
		s.ends(undone, "undid b 2", "undo a 2")
		s.ends(undone, "undid a 2", "SagaFailed")
	})
	t.Run("parked while the blind compensation runs", func(t *testing.T) {
		s := begin(t, twoSteps())
		s.ends(ok("a"), "did a 1", "do b 1")
		s.ends(failed, "failed b 1", "turn at b: b a", "undo b 1 blind")
		s.then(saga.DeclareStillRunning{}, "park b compensation attempt_still_running")
		s.then(lateSuccess(s, "b"), "did b 1 late")
		s.ends(nothing, "undid b 1 nothing")
		s.redrive("redrive b compensation", "undo b 2")
		s.ends(undone, "undid b 2", "undo a 1")
	})
	t.Run("parked on the way forward, it goes on after the redrive", func(t *testing.T) {
		s := begin(t, define("Late", pivot("p", once()), retriable("r", once())))
		s.ends(failed, "failed p 1", "park p action pivot_outcome_unknown")
		s.then(lateSuccess(s, "p"), "did p 1 late")
		s.redrive("redrive p action", "do r 1")
	})
	t.Run("parked at its last step, it ends with the redrive", func(t *testing.T) {
		s := begin(t, define("Late", retriable("r", once())))
		s.ends(failed, "failed r 1", "park r action retries_used_up")
		s.then(lateSuccess(s, "r"), "did r 1 late")
		s.redrive("redrive r action", "SagaCompleted")
	})
}

func TestTwoLateSuccessesAreBothCompensated(t *testing.T) {
	unknown := saga.StepOptions{Retry: saga.RetryPolicy{MaximumAttempts: 2}}
	s := begin(t, define("Late", compensable("a", once()), compensable("b", unknown)))
	s.ends(ok("a"), "did a 1", "do b 1")
	s.ends(timedOut, "timed out b 1", "retry b 2")
	s.retries(failed, "failed b 2", "turn at b: b a", "undo b 1 blind")
	s.ends(nothing, "undid b 1 nothing", "undo a 1")
	s.then(lateSuccess(s, "b"), "did b 1 late", "park b compensation late_success")
	second := lateSuccess(s, "b")
	second.Attempt = 2
	s.when(second).ThenNothing() // one key, so one effect
}
