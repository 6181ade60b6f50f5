package saga_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

func (s *tale) skip(step string) saga.Skip {
	return saga.Skip{Step: step, Actor: "ann", Reason: "not needed", SeenRevision: s.fold().Revision()}
}

// skips lets an operator pass a step over, and lets the saga go on.
func (s *tale) skips(step string, want ...string) {
	s.t.Helper()
	events := s.decide(s.skip(step))
	require.Equal(s.t, append([]string{"skip " + step}, want...), append(events, s.decide(saga.Proceed{Now: s.now})...))
}

func TestG5AStepThatIsSkippedIsPassedOver(t *testing.T) {
	t.Run("one that waits for its retry", func(t *testing.T) {
		s := begin(t, orderDef())
		s.ends(failed, "failed reserve 1", "retry reserve 2")
		skip := s.skip("reserve")
		s.when(skip).Then(saga.StepSkipped{Step: "reserve", Actor: "ann", Reason: "not needed", SeenRevision: skip.SeenRevision})
		s.skips("reserve", "do pay 1")
		step := s.fold().Steps()[0]
		require.Equal(t, saga.StepStateSkipped, step.State)
		require.Nil(t, step.Result)
		require.Zero(t, step.Action.Due)
		require.Contains(t, saga.MermaidInstance(s.fold()), "<br/>skipped<br/>")
	})
	t.Run("one that has not begun", func(t *testing.T) {
		s := begin(t, twoSteps())
		end := s.ending(ok("a"))
		end.Go = false
		s.then(end, "did a 1")
		s.skips("b", "SagaCompleted")
	})
	t.Run("one that the saga is parked at", func(t *testing.T) {
		s := begin(t, define("Re", retriable("r", once()), retriable("q", once())))
		s.ends(refused, "failed r 1 for good", "park r action permanent_error")
		s.skips("r", "do q 1")
		s.ends(ok("q"), "did q 1", "SagaCompleted")
	})
	t.Run("a wait that is open, and its signal is left for the next", func(t *testing.T) {
		first := saga.Await[goods]("first", saga.AwaitOptions[string]{Signal: "yes"})
		second := saga.Await[goods]("second", saga.AwaitOptions[string]{Signal: "yes"})
		s := begin(t, define("Wait", first, second))
		s.decide(saga.Attend{Now: s.now})
		s.skips("first", "do second 1")
		require.False(t, s.fold().Steps()[0].Action.Open)
		s.then(saga.DeliverSignal{Now: s.now, ID: "1", Name: "yes"}, "SignalReceived", "did second 1 by 1", "SagaCompleted")
	})
	t.Run("a branch, while another one runs", func(t *testing.T) {
		s := begin(t, define("Par", saga.Parallel("g", compensable("a", twice()), compensable("b", twice())), compensable("c", once())))
		s.then(saga.Proceed{Now: s.now, Spare: 3}, "do b 1")
		end := s.ending(failed)
		end.Step = "a"
		s.then(end, "failed a 1", "retry a 2")
		s.skips("a")
		s.ends(ok("b"), "did b 1", "do c 1")
	})
	t.Run("in a paused saga, which stays paused", func(t *testing.T) {
		s := begin(t, orderDef())
		s.ends(failed, "failed reserve 1", "retry reserve 2")
		s.decide(pause)
		s.skips("reserve")
		s.decide(resume)
		s.then(saga.Proceed{Now: s.now}, "do pay 1")
	})
}

func TestASagaWhoseFirstStepIsSkippedIsUnderWay(t *testing.T) {
	start := startOf(twoSteps(), noon)
	start.Go = false
	s := &tale{t: t, ref: start.Ref, now: noon}
	s.decide(start)
	s.skips("a", "do b 1")
	require.Equal(t, saga.StatePending, s.fold().State())
}

func TestG12ASkippedStepIsUndoneIfItMayHaveHappened(t *testing.T) {
	def := define("Three", compensable("a", twice()), compensable("b", once()), compensable("c", once()))
	t.Run("after an attempt of unknown outcome it is", func(t *testing.T) {
		s := begin(t, def)
		s.ends(failed, "failed a 1", "retry a 2")
		s.skips("a", "do b 1")
		s.ends(refused, "failed b 1 for good", "turn at b: a", "undo a 1 blind")
		s.ends(undone, "undid a 1", "SagaFailed")
	})
	t.Run("without any it is not", func(t *testing.T) {
		s := begin(t, def)
		end := s.ending(ok("a"))
		end.Go = false
		s.then(end, "did a 1")
		s.skips("b", "do c 1")
		s.ends(refused, "failed c 1 for good", "turn at c: a", "undo a 1")
	})
	t.Run("a late success completes it, on the way forward", func(t *testing.T) {
		s := begin(t, def)
		s.ends(timedOut, "timed out a 1", "retry a 2")
		s.skips("a", "do b 1")
		s.then(lateSuccess(s, "a"), "did a 1 late")
		require.Equal(t, saga.StepStateCompleted, s.fold().Steps()[0].State)
		s.ends(refused, "failed b 1 for good", "turn at b: a", "undo a 1")
	})
	t.Run("and supplies the result on the way back", func(t *testing.T) {
		s := begin(t, def)
		s.ends(timedOut, "timed out a 1", "retry a 2")
		s.skips("a", "do b 1")
		end := s.ending(refused)
		end.Go = false
		s.then(end, "failed b 1 for good", "turn at b: a")
		s.then(lateSuccess(s, "a"), "did a 1 late", "undo a 1")
	})
}

func TestG16ASkippedPivotPassesThePointOfNoReturn(t *testing.T) {
	s := unknownPivot(t)
	s.then(s.skip("buy"), "skip buy")
	s.when(unwanted).ThenError(saga.ErrTooLate)
	s.then(saga.Proceed{Now: s.now}, "do mail 1")
	s.ends(refused, "failed mail 1 for good", "park mail action permanent_error")
	s.skips("mail", "SagaCompleted")

	s = unknownPivot(t)
	s.then(unwanted, "cancel")
	s.skips("buy", "do mail 1")
}

func TestG16ASkippedRetriableStepDoesNotHideOneThatHasStarted(t *testing.T) {
	s := begin(t, define("Re", compensable("a", once()), retriable("r", once()), retriable("q", once())))
	end := s.ending(ok("a"))
	end.Go = false
	s.then(end, "did a 1")
	s.then(s.skip("r"), "skip r")
	require.NoError(t, cancels(s), "nothing irrevocable has begun")
	s.then(saga.Proceed{Now: s.now}, "do q 1")
	s.when(unwanted).ThenError(saga.ErrTooLate)
}

// cancels tells whether the saga could be cancelled.
func cancels(s *tale) error {
	_, err := s.fold().Decide(unwanted)
	return err
}

func TestG20SkipIsRefusedWhereItCannotBe(t *testing.T) {
	s := begin(t, orderDef())
	s.when(s.skip("reserve")).ThenError(saga.ErrAttemptOpen)
	s.when(s.skip("pay")).ThenError(saga.ErrNotSkippable)
	s.when(s.skip("nowhere")).ThenError(saga.ErrNotSkippable)
	s.ends(failed, "failed reserve 1", "retry reserve 2")
	for _, change := range []func(*saga.Skip){
		func(c *saga.Skip) { c.SeenRevision = saga.NotSeen }, func(c *saga.Skip) { c.SeenRevision-- },
	} {
		skip := s.skip("reserve")
		change(&skip)
		s.when(skip).ThenError(saga.ErrStale)
	}
	s.when(saga.Skip{Step: "reserve", Actor: "ann", SeenRevision: s.fold().Revision()}).ThenError(saga.ErrNoActor)
	s.skips("reserve", "do pay 1")
	s.when(s.skip("reserve")).ThenError(saga.ErrNotSkippable)

	s = blind(t)
	s.ends(refused, "undo failed a 1 for good", "park a compensation permanent_error")
	s.when(s.skip("a")).ThenError(saga.ErrNotSkippable)

	s = begin(t, define("Par", saga.Parallel("g", compensable("a", twice()), compensable("b", twice()))))
	s.then(saga.Proceed{Now: s.now, Spare: 3}, "do b 1")
	end := s.ending(failed)
	end.Step = "a"
	s.then(end, "failed a 1", "retry a 2")
	s.then(saga.DeclareStillRunning{Step: "b"}, "park b action attempt_still_running")
	s.when(s.skip("a")).ThenError(saga.ErrParkedElsewhere)
	s.when(s.skip("b")).ThenError(saga.ErrAttemptOpen)
	s.redrive("redrive b action")
	s.then(unwanted, "cancel")
	s.when(s.skip("a")).ThenError(saga.ErrNotSkippable)
}
