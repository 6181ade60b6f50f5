package saga_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

// planned is how a step ended, and the plan that follows from it.
type planned struct {
	step saga.Step[goods]
	run  func(s *tale)
	want string
}

func plans() map[string]planned {
	leavesTraces := once()
	leavesTraces.CompensateOnFailure = true
	twice := saga.StepOptions{Retry: saga.RetryPolicy{MaximumAttempts: 2}}
	return map[string]planned{
		"a permanent error says that the step did not happen": {
			compensable("b", once()),
			func(s *tale) { s.decide(s.ending(refused)) }, "turn at b: a",
		},
		"a permanent error after a transient one does not": {
			compensable("b", twice),
			func(s *tale) {
				s.decide(s.ending(failed))
				s.retries(refused, "failed b 2 for good", "turn at b: b a", "undo b 1 blind")
			},
			"turn at b: b a",
		},
		"a permanent error after a timeout does not": {
			compensable("b", twice),
			func(s *tale) {
				s.decide(s.ending(timedOut))
				s.decide(saga.Proceed{Now: s.now.Add(saga.DefaultTimeout * 2)})
				s.decide(s.ending(refused))
			},
			"turn at b: b a",
		},
		"a permanent error after an interruption does not": {
			compensable("b", once()),
			func(s *tale) { s.decide(s.ending(interrupt)); s.decide(s.ending(refused)) }, "turn at b: b a",
		},
		"a permanent error of a step that leaves traces does not": {
			compensable("b", leavesTraces),
			func(s *tale) { s.decide(s.ending(refused)) }, "turn at b: b a",
		},
		"a transient error leaves it unknown": {
			compensable("b", once()),
			func(s *tale) { s.decide(s.ending(failed)) }, "turn at b: b a",
		},
		"a panic leaves it unknown": {
			compensable("b", once()),
			func(s *tale) { s.decide(s.ending(panicked)) }, "turn at b: b a",
		},
		"a timeout leaves it unknown": {
			compensable("b", once()),
			func(s *tale) { s.decide(s.ending(timedOut)) }, "turn at b: b a",
		},
		"a step that only reads is never compensated": {
			readOnly("b", once()),
			func(s *tale) { s.decide(s.ending(failed)) }, "turn at b: a",
		},
	}
}

func TestTheCompensationPlanNamesEveryStepThatMayHaveHappened(t *testing.T) {
	for name, c := range plans() {
		t.Run(name, func(t *testing.T) {
			s := begin(t, define("Plan", compensable("a", once()), readOnly("look", once()), c.step, compensable("never", once())))
			s.ends(ok("a"), "did a 1", "do look 1")
			s.ends(ok("l"), "did look 1", "do b 1")
			c.run(s)
			require.Contains(t, inBrief(s.events), c.want)
			require.Equal(t, saga.StateCompensating, s.fold().State())
			step, reason := s.fold().Failure()
			require.Equal(t, "b", step)
			require.Contains(t, reason, "step b: ")
		})
	}
}

func TestCompensationsRunOneAtATimeInTheReverseOrderOfTheirStart(t *testing.T) {
	s := begin(t, orderDef())
	s.ends(ok("r"), "did reserve 1", "do pay 1")
	s.ends(ok("p"), "did pay 1", "do ship 1")
	s.ends(ok("s"), "did ship 1", "do tell 1")
	s.ends(refused, "failed tell 1 for good", "turn at tell: ship pay reserve", "undo ship 1")
	s.when(saga.Proceed{Now: s.now}).ThenNothing()
	s.ends(undone, "undid ship 1", "undo pay 1")
	s.ends(nothing, "undid pay 1 nothing", "undo reserve 1")
	s.ends(undone, "undid reserve 1", "SagaFailed")
	require.Equal(t, saga.SagaFailed{FailedStep: "tell", Reason: "step tell: declined"}, s.events[len(s.events)-1])
	require.Equal(t, saga.StateFailed, s.fold().State())
}

func TestNothingToCompensateEndsTheSagaAtOnce(t *testing.T) {
	s := begin(t, define("Look", readOnly("look", once()), compensable("never", once())))
	s.ends(failed, "failed look 1", "turn at look: ", "SagaFailed")
}

func TestACompensationThatFailsIsRetriedAndThenParked(t *testing.T) {
	o := once()
	o.Compensation.Retry.MaximumAttempts = 3
	s := begin(t, define("Park", compensable("a", o), compensable("b", once())))
	s.ends(ok("a"), "did a 1", "do b 1")
	s.ends(refused, "failed b 1 for good", "turn at b: a", "undo a 1")
	s.ends(failed, "undo failed a 1", "retry undo a 2")
	s.retries(timedOut, "undo timed out a 2", "retry undo a 3")
	s.now = dueOf(s.events[len(s.events)-1])
	s.then(saga.Proceed{Now: s.now}, "undo a 3")
	s.ends(panicked, "undo failed a 3", "park a compensation retries_used_up")

	parked, ok := s.fold().Parked()
	require.True(t, ok)
	require.Equal(t, saga.Parked{
		Step: "a", Direction: saga.Compensation, Reason: saga.ParkedRetriesUsedUp, Attempts: 3, Error: "panic: boom",
	}, parked)
	require.Equal(t, saga.StateCompensating, s.fold().State(), "parked is a condition, not a state")
	s.when(saga.Proceed{Now: s.now}).ThenNothing()

	s.redrive("redrive a compensation", "undo a 4")
	s.ends(failed, "undo failed a 4", "retry undo a 5")
	s.retries(undone, "undid a 5", "SagaFailed")
}

func TestACompensationThatSaysNoRetryHelpsIsParkedAtOnce(t *testing.T) {
	s := begin(t, orderDef())
	s.ends(ok("r"), "did reserve 1", "do pay 1")
	s.ends(refused, "failed pay 1 for good", "turn at pay: reserve", "undo reserve 1")
	s.ends(refused, "undo failed reserve 1 for good", "park reserve compensation permanent_error")
	s.redrive("redrive reserve compensation", "undo reserve 2")
	s.ends(undone, "undid reserve 2", "SagaFailed")
}

func TestACompensationHasTenAttemptsByDefault(t *testing.T) {
	s := begin(t, define("Ten", compensable("a", once()), compensable("b", once())))
	s.decide(s.ending(ok("a")))
	s.decide(s.ending(refused))
	for range 9 {
		s.decide(s.ending(failed))
		s.decide(saga.Proceed{Now: dueOf(s.events[len(s.events)-1])})
	}
	s.ends(failed, "undo failed a 10", "park a compensation retries_used_up")
}

func TestTheKeyOfACompensationIsTheSameForAllItsAttempts(t *testing.T) {
	s := begin(t, define("Key", compensable("a", once())))
	s.ends(failed, "failed a 1", "turn at a: a", "undo a 1 blind")
	s.ends(failed, "undo failed a 1", "retry undo a 2")
	s.retries(interrupt, "undo interrupted a 2", "undo a 3 blind")
	keys := map[string]int{}
	for _, event := range s.events {
		if e, isUndo := event.(saga.CompensationStarted); isUndo {
			keys[e.Key]++
		}
	}
	require.Equal(t, map[string]int{"Key/7/a/compensation": 3}, keys)
}
