package saga_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

// ended are sagas in each of the three ends.
func ended(t *testing.T) map[string]*tale {
	completed := begin(t, define("Short", compensable("a", once())))
	completed.ends(ok("a"), "did a 1", "SagaCompleted")
	failing := begin(t, define("Short", compensable("a", once())))
	failing.ends(refused, "failed a 1 for good", "turn at a: ", "SagaFailed")
	terminated := booking(t)
	terminated.then(saga.Terminate{Actor: "ann", Reason: "closed", SeenRevision: saga.NotSeen}, "terminate: reserve hotel flight")
	return map[string]*tale{"completed": completed, "failed": failing, "terminated": terminated}
}

func TestG2NothingFollowsTheEndOfASaga(t *testing.T) {
	for name, s := range ended(t) {
		t.Run(name, func(t *testing.T) {
			seen := s.fold().Revision()
			for _, command := range []saga.Command{
				saga.Proceed{Now: s.now, Spare: 9}, saga.Recover{Now: s.now.Add(time.Hour), Go: true}, saga.Attend{Now: s.now.Add(time.Hour)},
				s.ending(ok("late")), s.ending(refused), s.signal("1", "true"), saga.DeclareStillRunning{Step: "a"},
				saga.Redrive{Actor: "ann", Reason: "again", SeenRevision: seen},
				saga.Resolve{Step: "a", Evidence: "seen", Actor: "ann", Reason: "known", SeenRevision: seen},
				saga.Skip{Step: "a", Actor: "ann", Reason: "not needed", SeenRevision: seen},
				saga.Cancel{Actor: "ann", Reason: "changed her mind", SeenRevision: seen},
				saga.Terminate{Actor: "ann", Reason: "closed", SeenRevision: seen},
				saga.Pause{Actor: "ann", Reason: "looks", SeenRevision: seen}, saga.Resume{Actor: "ann", Reason: "has looked", SeenRevision: seen},
				saga.Extend{Now: s.now, Deadline: s.now.Add(time.Hour), Actor: "ann", Reason: "more time", SeenRevision: seen},
				saga.ChangeRetryPolicy{Step: "a", Actor: "ann", Reason: "oftener", SeenRevision: seen},
			} {
				events, err := s.fold().Decide(command)
				require.Empty(t, events, "%#v", command)
				require.True(t, err == nil || errors.Is(err, saga.ErrEnded), "%#v: %v", command, err)
			}
		})
	}
}

func TestG3ASagaRecordsThePlanThatItGoesByAndAnotherPlanHasAnotherHash(t *testing.T) {
	plans := map[string]string{}
	for name, d := range map[string]saga.Definition[goods]{
		"side by side":      journeyDef(0),
		"two at a time":     journeyDef(2),
		"for an hour":       {Name: "Journey", Version: 1, Steps: journeyDef(0).Steps, Deadline: time.Hour},
		"one by one":        define("Journey", compensable("reserve", once()), compensable("hotel", once())),
		"asks a person":     loanDef(saga.AwaitOptions[bool]{}),
		"asks for an hour":  loanDef(saga.AwaitOptions[bool]{Timeout: time.Hour}),
		"starts another":    contractDef(byFunction()),
		"and undoes by one": contractDef(bySaga()),
	} {
		started := begin(t, d).events[0].(saga.SagaStarted)
		require.Equal(t, started.DefinitionHash, saga.DefinitionHash(started.Name, started.Version, started.Plan))
		require.Empty(t, plans[started.DefinitionHash], "%s", name)
		plans[started.DefinitionHash] = name
	}
}

func TestG5AStepBeginsWhenAllBeforeItHaveSucceededAndNoneAfterTheTurn(t *testing.T) {
	s := begin(t, journeyDef(0))
	s.when(saga.Proceed{Now: s.now, Spare: 9}).ThenNothing() // the group waits for the step before it
	end := s.ending(ok("r"))
	end.Spare = 9
	s.then(end, "did reserve 1", "do hotel 1", "do flight 1", "do weather 1")
	s.then(s.endOf("hotel", failed), "failed hotel 1", "retry hotel 2")
	s.then(s.endOf("weather", ok("w")), "did weather 1")
	s.then(s.endOf("flight", ok("f")), "did flight 1")
	s.when(saga.Proceed{Now: s.now, Spare: 9}).ThenNothing() // the step behind the group waits for every branch
	s.pass(time.Minute)
	s.then(saga.Proceed{Now: s.now, Spare: 9}, "do hotel 2")
	s.then(s.endOf("hotel", ok("h")), "did hotel 2", "do pay 1")
	s.then(s.endOf("pay", refused), "failed pay 1 for good", "turn at pay: flight hotel reserve", "undo flight 1")
	s.when(saga.Proceed{Now: s.now, Spare: 9}).ThenNothing()
}

func TestG7AStepIsNotRunAgainAfterItHasSucceededOrRefused(t *testing.T) {
	s := begin(t, orderDef())
	s.ends(ok("r"), "did reserve 1", "do pay 1")
	s.when(s.endOf("reserve", failed)).ThenNothing()
	s.ends(refused, "failed pay 1 for good", "turn at pay: reserve", "undo reserve 1")
	s.when(s.endOf("pay", failed)).ThenNothing()

	late := begin(t, define("Late", retriable("a", saga.StepOptions{})))
	late.ends(refused, "failed a 1 for good", "park a action permanent_error")
	late.pass(24 * time.Hour)
	late.when(saga.Proceed{Now: late.now}).ThenNothing()
}

func TestG10WhatTurnsASagaRoundStandsBeforeIt(t *testing.T) {
	t.Run("a branch that failed for good, when the others have ended", func(t *testing.T) {
		s := booking(t)
		s.then(s.endOf("weather", ok("w")), "did weather 1")
		s.then(s.endOf("hotel", ok("h")), "did hotel 1")
		s.then(s.endOf("flight", refused), "failed flight 1 for good", "turn at flight: hotel reserve", "undo hotel 1")
	})
	t.Run("a person who asked for it, when the wait is given up", func(t *testing.T) {
		s := begin(t, loanDef(saga.AwaitOptions[bool]{}))
		s.ends(ok("r"), "did reserve 1", "do approval 1")
		s.then(saga.Cancel{Actor: "ann", Reason: "changed her mind", SeenRevision: saga.NotSeen}, "cancel", "turn at : reserve")
	})
	t.Run("a wait that has lapsed", func(t *testing.T) {
		s := begin(t, loanDef(saga.AwaitOptions[bool]{Timeout: time.Hour}))
		s.ends(ok("r"), "did reserve 1", "do approval 1")
		s.pass(time.Hour)
		s.then(saga.Attend{Now: s.now}, "timed out approval 1", "turn at approval: reserve")
	})
	t.Run("nothing after the point of no return", func(t *testing.T) {
		s := begin(t, define("Sale", compensable("hold", once()), pivot("buy", once()), retriable("mail", once())))
		s.ends(ok("h"), "did hold 1", "do buy 1")
		s.ends(ok("b"), "did buy 1", "do mail 1")
		s.ends(refused, "failed mail 1 for good", "park mail action permanent_error")
		s.when(saga.Cancel{Actor: "ann", Reason: "changed her mind", SeenRevision: saga.NotSeen}).ThenError(saga.ErrTooLate)
	})
}

func TestG11NoBranchStartsAfterTheTurnAndALateSuccessIsRecorded(t *testing.T) {
	s := begin(t, journeyDef(2))
	end := s.ending(ok("r"))
	end.Spare = 5
	s.then(end, "did reserve 1", "do hotel 1", "do flight 1")
	s.then(s.endOf("flight", refused), "failed flight 1 for good", "give up flight")
	command := s.endOf("hotel", timedOut)
	command.Go = false
	s.then(command, "timed out hotel 1", "turn at flight: hotel reserve")
	s.then(lateSuccess(s, "hotel"), "did hotel 1 late", "undo hotel 1")
	s.then(saga.Proceed{Now: s.now, Spare: 9})
	s.ends(undone, "undid hotel 1", "undo reserve 1")
	s.ends(undone, "undid reserve 1", "SagaFailed")
}

func TestG14AStepIsUndoneOnceHoweverOftenThatIsTold(t *testing.T) {
	s := contracting(t, byFunction())
	s.then(s.endOf("works", refused), "failed works 1 for good", "turn at works: reserve", "undo reserve 1")
	told := s.ending(undone)
	s.then(told, "undid reserve 1", "SagaFailed")
	s.when(told).ThenError(saga.ErrEnded)

	s = begin(t, orderDef())
	s.ends(ok("r"), "did reserve 1", "do pay 1")
	s.ends(ok("p"), "did pay 1", "do ship 1")
	s.ends(refused, "failed ship 1 for good", "turn at ship: pay reserve", "undo pay 1")
	told = s.ending(undone)
	s.then(told, "undid pay 1", "undo reserve 1")
	s.when(told).ThenNothing()

	s = blind(t)
	s.then(saga.Proceed{Now: s.now})
	s.then(saga.Recover{Now: s.now, Go: true}, "undo interrupted a 1", "undo a 2")
	s.ends(undone, "undid a 2", "SagaFailed")
}

func TestG15CompensationsAreNumberedAndWaitForTheirTimeAsActionsDo(t *testing.T) {
	s := begin(t, define("Back", compensable("a", limitedStep()), compensable("b", once())))
	s.ends(ok("a"), "did a 1", "do b 1")
	s.ends(refused, "failed b 1 for good", "turn at b: a", "undo a 1")
	s.ends(failed, "undo failed a 1", "retry undo a 2")
	s.when(saga.Proceed{Now: s.now}).ThenNothing()
	s.pass(10*time.Second - 1)
	s.when(saga.Proceed{Now: s.now}).ThenNothing()
	s.pass(1)
	s.then(saga.Proceed{Now: s.now}, "undo a 2")
	stale := s.ending(undone)
	stale.Attempt = 3
	s.when(stale).ThenNothing()
	s.ends(undone, "undid a 2", "SagaFailed")
}

func TestG17ASagaCompletesWhenEveryStepHasSucceededOrWasSkippedAndFailsWhenAllIsUndone(t *testing.T) {
	completed := begin(t, define("Short", compensable("a", once()), retriable("b", once())))
	completed.ends(ok("a"), "did a 1", "do b 1")
	completed.ends(refused, "failed b 1 for good", "park b action permanent_error")
	completed.skips("b", "SagaCompleted")

	failing := booking(t)
	failing.then(failing.endOf("flight", refused), "failed flight 1 for good", "give up flight")
	failing.then(failing.endOf("weather", ok("w")), "did weather 1")
	failing.then(failing.endOf("hotel", ok("h")), "did hotel 1", "turn at flight: hotel reserve", "undo hotel 1")
	failing.ends(undone, "undid hotel 1", "undo reserve 1")
	failing.ends(refused, "undo failed reserve 1 for good", "park reserve compensation permanent_error")
	require.Equal(t, saga.StateCompensating, failing.fold().State(), "not failed before all is undone")
	failing.redrive("redrive reserve compensation", "undo reserve 2")
	failing.ends(undone, "undid reserve 2", "SagaFailed")
}
