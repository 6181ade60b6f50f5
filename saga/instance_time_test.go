package saga_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

// limited allows ten attempts of a minute each, ten seconds apart, in three minutes altogether.
func limited() saga.AttemptOptions {
	return saga.AttemptOptions{
		Timeout: time.Minute, TotalTimeout: 3 * time.Minute,
		Retry: saga.RetryPolicy{InitialInterval: 10 * time.Second, BackoffCoefficient: 1, MaximumAttempts: 10},
	}
}

func limitedStep() saga.StepOptions {
	l := limited()
	return saga.StepOptions{Timeout: l.Timeout, TotalTimeout: l.TotalTimeout, Retry: l.Retry, Compensation: l}
}

func lastStart(s *tale) saga.AttemptStarted {
	switch e := s.events[len(s.events)-1].(type) {
	case saga.StepStarted:
		return e.AttemptStarted
	case saga.CompensationStarted:
		return e.AttemptStarted
	}
	s.t.Fatal("the last event starts no attempt")
	return saga.AttemptStarted{}
}

func TestTheTotalTimeoutCutsDeadlinesAndRetries(t *testing.T) {
	s := begin(t, define("Total", compensable("a", limitedStep())))
	require.Equal(t, noon.Add(time.Minute), lastStart(s).Deadline)
	require.Equal(t, noon.Add(3*time.Minute), lastStart(s).TotalDeadline)

	s.now = noon.Add(time.Minute)
	s.ends(timedOut, "timed out a 1", "retry a 2")
	s.now = dueOf(s.events[len(s.events)-1])
	s.then(saga.Proceed{Now: s.now}, "do a 2")
	require.Equal(t, noon.Add(3*time.Minute), lastStart(s).TotalDeadline, "the limit of all attempts does not move")

	s.pass(time.Minute)
	s.ends(timedOut, "timed out a 2", "retry a 3")
	s.now = dueOf(s.events[len(s.events)-1])
	s.then(saga.Proceed{Now: s.now}, "do a 3")
	require.Equal(t, noon.Add(3*time.Minute), lastStart(s).Deadline, "the last attempt is cut short")

	s.now = noon.Add(3*time.Minute - time.Second)
	s.ends(failed, "failed a 3", "turn at a: a", "undo a 1 blind")
	require.Equal(t, s.now.Add(3*time.Minute), lastStart(s).TotalDeadline, "a compensation has a limit of its own")
}

func TestTheTotalTimeoutAppliesToCompensationsAndStepsAfterThePointOfNoReturn(t *testing.T) {
	s := begin(t, define("Total", compensable("a", limitedStep()), retriable("b", saga.StepOptions{})))
	s.ends(refused, "failed a 1 for good", "turn at a: ", "SagaFailed")

	s = begin(t, define("Total", compensable("a", limitedStep()), compensable("b", once())))
	s.ends(ok("a"), "did a 1", "do b 1")
	s.ends(refused, "failed b 1 for good", "turn at b: a", "undo a 1")
	s.now = noon.Add(3*time.Minute - 10*time.Second)
	s.ends(failed, "undo failed a 1", "park a compensation retries_used_up")
	s.redrive("redrive a compensation", "undo a 2")
	require.Equal(t, s.now.Add(3*time.Minute), lastStart(s).TotalDeadline, "a redrive gives a new limit")
}

func TestNoAttemptStartsAfterTheTotalTimeout(t *testing.T) {
	afterwards := noon.Add(time.Hour)

	t.Run("a retry that was due while nothing ran", func(t *testing.T) {
		s := begin(t, define("Total", compensable("a", limitedStep())))
		s.ends(failed, "failed a 1", "retry a 2")
		s.then(saga.Proceed{Now: afterwards}, "turn at a: a")
		s.then(saga.Proceed{Now: afterwards}, "undo a 1 blind")
	})
	t.Run("an attempt that was interrupted by a stop", func(t *testing.T) {
		s := begin(t, define("Total", compensable("a", limitedStep())))
		command := s.ending(interrupt)
		command.Go = false
		s.then(command, "interrupted a 1")
		s.then(saga.Proceed{Now: afterwards}, "turn at a: a")
		s.then(saga.Proceed{Now: afterwards}, "undo a 1 blind")
	})
	t.Run("an attempt whose process died", func(t *testing.T) {
		s := begin(t, define("Total", compensable("a", limitedStep())))
		s.then(saga.Recover{Now: afterwards, Go: true}, "timed out a 1", "turn at a: a", "undo a 1 blind")
	})
	t.Run("a compensation", func(t *testing.T) {
		s := begin(t, define("Total", compensable("a", limitedStep())))
		s.ends(failed, "failed a 1", "retry a 2")
		s.then(saga.Proceed{Now: afterwards}, "turn at a: a")
		s.then(saga.Proceed{Now: afterwards}, "undo a 1 blind")
		s.now = afterwards
		s.ends(failed, "undo failed a 1", "retry undo a 2")
		s.then(saga.Proceed{Now: afterwards.Add(time.Hour)}, "park a compensation retries_used_up")
		s.now = afterwards.Add(2 * time.Hour)
		s.redrive("redrive a compensation", "undo a 2 blind")
	})
	t.Run("a pivot and what follows it", func(t *testing.T) {
		s := begin(t, define("Total", pivot("p", limitedStepWithoutCompensation()), retriable("r", limitedStepWithoutCompensation())))
		s.ends(failed, "failed p 1", "retry p 2")
		s.then(saga.Proceed{Now: afterwards}, "park p action pivot_outcome_unknown")
		s.now = afterwards
		s.redrive("redrive p action", "do p 2")
		s.ends(ok("p"), "did p 2", "do r 1")
		s.ends(interrupt, "interrupted r 1", "do r 2")
		command := s.ending(interrupt)
		command.Go = false
		s.then(command, "interrupted r 2")
		s.then(saga.Proceed{Now: afterwards.Add(time.Hour)}, "park r action retries_used_up")
	})
}

func limitedStepWithoutCompensation() saga.StepOptions {
	o := limitedStep()
	o.Compensation = saga.AttemptOptions{}
	return o
}

func TestRecoverTellsATimeoutFromAnInterruption(t *testing.T) {
	deadline := noon.Add(saga.DefaultTimeout)
	begun := func() *tale { return begin(t, orderDef()) }

	t.Run("before its deadline an attempt was interrupted, and the next starts in the same decision", func(t *testing.T) {
		begun().then(saga.Recover{Now: deadline.Add(-1), Go: true}, "interrupted reserve 1", "do reserve 2")
	})
	t.Run("from its deadline on it timed out, and a retry that is due starts in the same decision", func(t *testing.T) {
		begun().then(saga.Recover{Now: deadline, Go: true}, "timed out reserve 1", "retry reserve 2")
		begun().then(saga.Recover{Now: deadline.Add(time.Second), Go: true},
			"timed out reserve 1", "retry reserve 2", "do reserve 2")
	})
	t.Run("the delay of a retry counts from the deadline, not from the restart", func(t *testing.T) {
		s := begun()
		s.decide(saga.Recover{Now: deadline.Add(time.Hour)})
		require.Equal(t, deadline.Add(time.Second), dueOf(s.events[len(s.events)-1]))
	})
	t.Run("a compensation is recovered in the same way", func(t *testing.T) {
		s := begin(t, define("One", compensable("a", once())))
		s.ends(failed, "failed a 1", "turn at a: a", "undo a 1 blind")
		s.then(saga.Recover{Now: s.now, Go: true}, "undo interrupted a 1", "undo a 2 blind")
		s.then(saga.Recover{Now: s.now.Add(time.Hour), Go: true}, "undo timed out a 2", "retry undo a 3", "undo a 3 blind")
	})
	t.Run("without an open attempt the saga just goes on", func(t *testing.T) {
		s := begun()
		s.ends(failed, "failed reserve 1", "retry reserve 2")
		s.when(saga.Recover{Now: s.now, Go: true}).ThenNothing()
		s.then(saga.Recover{Now: s.now.Add(time.Second), Go: true}, "do reserve 2")
	})
}

func TestInterruptionsDoNotUseUpAttemptsButFiveOfThemPark(t *testing.T) {
	s := begin(t, define("Crash", compensable("a", once())))
	for i := range 4 {
		s.decide(saga.Recover{Now: s.now, Go: true})
		require.Equal(t, i+2, lastStart(s).Attempt)
	}
	s.then(saga.Recover{Now: s.now, Go: true}, "interrupted a 5", "park a action interrupted_too_often")
	s.redrive("redrive a action", "do a 6")
	for range 4 {
		s.decide(saga.Recover{Now: s.now, Go: true})
	}
	s.ends(failed, "failed a 10", "turn at a: a", "undo a 1 blind")
	for range 4 {
		s.decide(saga.Recover{Now: s.now, Go: true})
	}
	s.then(saga.Recover{Now: s.now, Go: true}, "undo interrupted a 5", "park a compensation interrupted_too_often")
}
