package saga_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/internal/walktest"
	"github.com/skaldgo/skald/saga"
)

// askedDef is of a step before and one with a probe.
func askedDef(step saga.Step[goods]) saga.Definition[goods] {
	return define("Asked", compensable("a", once()), saga.WithProbe(step, walktest.Ask))
}

func twice() saga.StepOptions { return saga.StepOptions{Retry: saga.RetryPolicy{MaximumAttempts: 2}} }

// toProbed tells of a saga whose step b, the one with the probe, runs.
func toProbed(t *testing.T, step saga.Step[goods]) *tale {
	s := begin(t, askedDef(step))
	s.ends(ok("x"), "did a 1", "do b 1")
	return s
}

func TestAnUnknownOutcomeIsAskedForBeforeItIsRetried(t *testing.T) {
	s := toProbed(t, compensable("b", twice()))
	require.Equal(t, saga.NoProbe, beganLast(s).Probe, "nothing is unknown yet")
	s.ends(failed, "failed b 1", "retry b 2")
	s.now = dueOf(s.events[len(s.events)-1])
	s.then(saga.Proceed{Now: s.now}, "do b 2 first")
	require.Equal(t, saga.IdempotencyKey(s.ref, "b", saga.Action, 0), beganLast(s).Key)
	s.ends(ok("found"), "did b 2", "SagaCompleted")
}

func TestAStepThatIsGivenUpIsAskedForOnceMore(t *testing.T) {
	for name, at := range map[string]struct {
		step    saga.Step[goods]
		nothing []string
	}{
		"before the point of no return": {compensable("b", once()), []string{"turn at b: b a", "undo b 1 blind"}},
		"at the pivot":                  {pivot("b", once()), []string{"park b action pivot_outcome_unknown"}},
		"after it":                      {retriable("b", once()), []string{"park b action retries_used_up"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := toProbed(t, at.step)
			s.ends(timedOut, "timed out b 1", "retry b 2 only", "do b 2 only")
			asked := *s
			s.ends(ok("found"), "did b 2", "SagaCompleted")

			asked.ends(failed, append([]string{"failed b 2"}, at.nothing...)...)
			turned := asked.fold()
			_, why := turned.Failure()
			if parked, is := turned.Parked(); is {
				why = parked.Error
			}
			require.Contains(t, why, "timed out", "that nothing was found is not why the step failed")
		})
	}
}

func TestThatNothingWasFoundIsNotTakenForCertain(t *testing.T) {
	s := toProbed(t, compensable("b", twice()))
	s.ends(interrupt, "interrupted b 1", "do b 2 first")
	s.ends(refused, "failed b 2 for good", "retry b 3 only", "do b 3 only")
	s.ends(refused, "failed b 3", "turn at b: b a", "undo b 1 blind")
}

func TestAProbeIsAskedWithoutLimitOfAllAttemptsAndUsesNoneUp(t *testing.T) {
	o := twice()
	o.Timeout, o.TotalTimeout = 10*time.Second, 15*time.Second
	s := toProbed(t, compensable("b", o))
	s.now = beganLast(s).Deadline
	s.ends(timedOut, "timed out b 1", "retry b 2")
	s.pass(time.Minute)
	s.then(saga.Proceed{Now: s.now}, "retry b 2 only")
	s.then(saga.Proceed{Now: s.now}, "do b 2 only")
	require.Equal(t, s.now.Add(10*time.Second), beganLast(s).Deadline)
	s.ends(interrupt, "interrupted b 2", "do b 3 only")
	s.ends(failed, "failed b 3", "turn at b: b a", "undo b 1 blind")
}

func TestG21ACancelledSagaAsksBeforeItTurnsRound(t *testing.T) {
	s := toProbed(t, compensable("b", twice()))
	s.then(unwanted, "cancel")
	s.then(saga.RecordOutcome{Now: s.now, Step: "b", Attempt: 1, Outcome: interrupt}, "interrupted b 1")
	s.then(saga.Attend{Now: s.now})
	s.then(saga.Proceed{Now: s.now}, "do b 2 only")
	s.ends(ok("found"), "did b 2", "turn at : b a", "undo b 1")
}

func TestABranchThatWaitsForItsRetryIsAskedBeforeAnotherOneTurnsTheSagaRound(t *testing.T) {
	s := begin(t, define("Asked", saga.Parallel("both", saga.WithProbe(compensable("a", twice()), walktest.Ask), compensable("b", once()))))
	s.then(saga.Proceed{Now: s.now, Spare: 1}, "do b 1")
	s.then(s.endOf("a", failed), "failed a 1", "retry a 2")
	held := *s
	s.then(s.endOf("b", refused), "failed b 1 for good", "give up b", "do a 2 only")
	s.then(s.endOf("a", ok("found")), "did a 2", "turn at b: a", "undo a 1")

	end := held.endOf("b", refused)
	end.Go = false
	held.then(end, "failed b 1 for good", "give up b")
	held.then(saga.Proceed{Now: held.now}, "do a 2 only")
}

func TestAProbeThatIsInterruptedTooOftenIsNotAskedForEver(t *testing.T) {
	s := toProbed(t, compensable("b", once()))
	s.ends(failed, "failed b 1", "retry b 2 only", "do b 2 only")
	for n := 2; n < 6; n++ {
		require.Len(t, s.decide(s.ending(interrupt)), 2, n)
	}
	s.ends(interrupt, "interrupted b 6", "park b action interrupted_too_often")
	s.redrive("redrive b action", "do b 7 first")
}

func TestASagaOfAPlanFromBeforeDoesNotAsk(t *testing.T) {
	s := begin(t, define("Asked", compensable("a", once())))
	s.ends(failed, "failed a 1", "turn at a: a", "undo a 1 blind")
}

func TestAProbeGoesWithAnEffectOfTheSameResult(t *testing.T) {
	other := func(context.Context, saga.Call[goods]) (int, bool, error) { return 0, false, nil }
	def := define("Asked",
		saga.WithProbe(saga.Parallel("group", saga.WithProbe(readOnly("look", once()), walktest.Ask)), walktest.Ask),
		saga.WithProbe(saga.Await[goods]("wait", saga.AwaitOptions[string]{}), walktest.Ask),
		saga.WithProbe(compensable("b", once()), other),
		saga.WithProbe[goods, string](compensable("c", once()), nil),
	)
	var faults *saga.DefinitionError
	require.ErrorAs(t, def.Validate(), &faults)
	require.ElementsMatch(t, []string{
		`group "group" has a probe; give its branches theirs`,
		`step "look" is read_only and has a probe; it has no effect of its own that could be asked for`,
		`step "wait" is await and has a probe; it has no effect of its own that could be asked for`,
		`the probe of step "b" gives int, the step string; they must give the same`,
		`step "c" has a probe without a function`,
	}, faults.Faults)
}

func TestOnlyAStepWithAProbeChangesTheHashOfItsDefinition(t *testing.T) {
	without := define("Asked", compensable("a", once()))
	with := define("Asked", saga.WithProbe(compensable("a", once()), walktest.Ask))
	require.NotEqual(t, saga.DefinitionHash("Asked", 1, without.Plan()), saga.DefinitionHash("Asked", 1, with.Plan()))
	encoded, err := json.Marshal(without.Plan())
	require.NoError(t, err)
	require.NotContains(t, string(encoded), "probe")
}

// lastStart is the attempt of an action that began last.
func beganLast(s *tale) saga.StepStarted {
	starts := eventsOf[saga.StepStarted](s.events)
	return starts[len(starts)-1]
}
