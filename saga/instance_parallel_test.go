package saga_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

// journeyDef books a hotel, a flight and a car side by side, between two other steps.
func journeyDef(limit int) saga.Definition[goods] {
	var o saga.StepOptions
	return define("Journey", compensable("reserve", o),
		saga.Parallel("book", compensable("hotel", o), compensable("flight", once()), readOnly("weather", o)).Limit(limit),
		compensable("pay", o))
}

// booking is a journey whose three branches run.
func booking(t *testing.T) *tale {
	s := begin(t, journeyDef(0))
	end := s.ending(ok("r"))
	end.Spare = 5
	s.then(end, "did reserve 1", "do hotel 1", "do flight 1", "do weather 1")
	return s
}

// endOf is the command that records the end of the first attempt of a step, with one slot held.
func (s *tale) endOf(step string, outcome saga.Outcome) saga.RecordOutcome {
	attempt := 0
	for _, status := range s.fold().Steps() {
		if status.Name == step {
			attempt = status.Action.Attempts
		}
	}
	return saga.RecordOutcome{Now: s.now, Step: step, Attempt: attempt, Outcome: outcome, Go: true}
}

func TestG26TheBranchesOfAGroupRunSideBySideAndAreJoined(t *testing.T) {
	s := booking(t)
	s.then(s.endOf("weather", ok("w")), "did weather 1")
	s.then(s.endOf("hotel", ok("h")), "did hotel 1")
	s.then(saga.Proceed{Now: s.now, Spare: 9})
	s.then(s.endOf("flight", ok("f")), "did flight 1", "do pay 1")
	s.ends(ok("p"), "did pay 1", "SagaCompleted")
}

func TestG26NoMoreBranchesRunThanTheLimitAllows(t *testing.T) {
	s := begin(t, journeyDef(2))
	end := s.ending(ok("r"))
	end.Spare = 5
	s.then(end, "did reserve 1", "do hotel 1", "do flight 1")
	s.then(saga.Proceed{Now: s.now, Spare: 5})
	s.then(s.endOf("flight", ok("f")), "did flight 1", "do weather 1")
}

func TestABranchIsRetriedBesideTheOthers(t *testing.T) {
	s := booking(t)
	s.then(s.endOf("hotel", failed), "failed hotel 1", "retry hotel 2")
	s.then(s.endOf("flight", ok("f")), "did flight 1")
	s.pass(2 * time.Second)
	s.then(saga.Proceed{Now: s.now}, "do hotel 2")
	s.then(s.endOf("hotel", ok("h")), "did hotel 2")
	s.then(s.endOf("weather", ok("w")), "did weather 1", "do pay 1")
}

func TestABranchThatFailsForGoodWaitsForThoseThatRunAndTurnsTheSagaRound(t *testing.T) {
	t.Run("the others are compensated in the reverse order of their start", func(t *testing.T) {
		s := booking(t)
		s.then(s.endOf("flight", failed), "failed flight 1", "give up flight")
		s.then(s.endOf("hotel", ok("h")), "did hotel 1")
		s.then(s.endOf("weather", ok("w")), "did weather 1", "turn at flight: flight hotel reserve", "undo flight 1 blind")
	})
	t.Run("one that fails meanwhile is not retried", func(t *testing.T) {
		s := booking(t)
		s.then(s.endOf("flight", refused), "failed flight 1 for good", "give up flight")
		s.then(s.endOf("weather", failed), "failed weather 1")
		s.then(s.endOf("hotel", failed), "failed hotel 1", "turn at flight: hotel reserve", "undo hotel 1 blind")
	})
	t.Run("one that has not started never does", func(t *testing.T) {
		s := begin(t, journeyDef(2))
		end := s.ending(ok("r"))
		end.Spare = 5
		s.decide(end)
		s.then(s.endOf("flight", refused), "failed flight 1 for good", "give up flight")
		s.then(saga.Proceed{Now: s.now, Spare: 5})
		s.then(s.endOf("hotel", ok("h")), "did hotel 1", "turn at flight: hotel reserve", "undo hotel 1")
	})
	t.Run("one that waits for its retry does not wait any more", func(t *testing.T) {
		s := booking(t)
		s.then(s.endOf("hotel", failed), "failed hotel 1", "retry hotel 2")
		s.then(s.endOf("weather", ok("w")), "did weather 1")
		s.then(s.endOf("flight", refused), "failed flight 1 for good", "turn at flight: hotel reserve", "undo hotel 1 blind")
	})
}

func TestACancelledSagaWaitsForAllBranchesThatRun(t *testing.T) {
	s := booking(t)
	s.then(unwanted, "cancel")
	s.then(s.endOf("hotel", ok("h")), "did hotel 1")
	s.then(s.endOf("weather", failed), "failed weather 1")
	s.then(s.endOf("flight", refused), "failed flight 1 for good", "turn at : hotel reserve", "undo hotel 1")
}

func TestAllBranchesThatRanAreTakenOver(t *testing.T) {
	s := booking(t)
	s.then(s.endOf("weather", ok("w")), "did weather 1")
	s.then(saga.Recover{Now: s.now, Go: true}, "interrupted hotel 1", "interrupted flight 1", "do hotel 2")
	s.then(saga.Proceed{Now: s.now}, "do flight 2")
	s.then(saga.Recover{Now: s.now, Go: true, Spare: 3}, "interrupted hotel 2", "interrupted flight 2", "do hotel 3", "do flight 3")
}

func TestABranchAfterThePointOfNoReturnParksTheSagaAndTheOthersGoOnAfterTheRedrive(t *testing.T) {
	s := begin(t, define("Tell", pivot("buy", saga.StepOptions{}),
		saga.Parallel("tell", retriable("mail", once()), retriable("letter", saga.StepOptions{}))))
	end := s.ending(ok("b"))
	end.Spare = 1
	s.then(end, "did buy 1", "do mail 1", "do letter 1")
	s.then(s.endOf("mail", failed), "failed mail 1", "park mail action retries_used_up")
	s.then(s.endOf("letter", refused), "failed letter 1 for good")
	s.redrive("redrive mail action", "do mail 2")
	s.then(saga.Proceed{Now: s.now}, "park letter action retries_used_up")
	s.then(s.endOf("mail", ok("m")), "did mail 2")
	s.redrive("redrive letter action", "do letter 2")
	s.then(s.endOf("letter", ok("l")), "did letter 2", "SagaCompleted")
}

func TestAGroupOfAThousandBranchesIsJoined(t *testing.T) {
	branches := make([]saga.Step[goods], 1000)
	for i := range branches {
		branches[i] = compensable(fmt.Sprintf("part_%d", i), saga.StepOptions{})
	}
	def := define("Wide", saga.Parallel("parts", branches...))
	start := startOf(def, noon)
	start.Spare = 999
	inst := saga.NewInstance(start.Ref)
	follow := func(command saga.Command) []saga.Event {
		events, err := inst.Decide(command)
		require.NoError(t, err)
		for _, event := range events {
			inst.Evolve(event)
		}
		return events
	}
	require.Len(t, follow(start), 101, "as many as one append is to hold")
	for range 9 {
		require.Len(t, follow(saga.Proceed{Now: noon, Spare: 999}), 100)
	}
	require.Empty(t, follow(saga.Proceed{Now: noon, Spare: 999}))
	for i := range branches {
		follow(saga.RecordOutcome{Now: noon, Step: fmt.Sprintf("part_%d", i), Attempt: 1, Outcome: ok("x"), Go: true})
	}
	require.Equal(t, saga.StateCompleted, inst.State())
}

// A saga has no way back once a retriable step has started, also not for what stands beside that step.
func TestG16ABranchBesideARetriableOneThatHasStartedParksTheSaga(t *testing.T) {
	def := define("Tell", saga.Parallel("tell", readOnly("look", once()), retriable("mail", saga.StepOptions{})))
	t.Run("when it has started", func(t *testing.T) {
		s := begin(t, def)
		s.then(saga.Proceed{Now: s.now}, "do mail 1")
		s.then(s.endOf("look", failed), "failed look 1", "park look action retries_used_up")
	})
	t.Run("and turns it round before", func(t *testing.T) {
		s := begin(t, def)
		s.ends(failed, "failed look 1", "turn at look: ", "SagaFailed")
	})
}

// It is the start that counts, not the place: a wait begins beside a retriable step, or before it when there is no slot.
func TestG16AWaitThatLapsesBesideARetriableStepTurnsTheSagaRoundOnlyBeforeThatHasStarted(t *testing.T) {
	wish := saga.Await[goods]("wish", saga.AwaitOptions[string]{Timeout: time.Minute})
	for _, branches := range [][]saga.Step[goods]{
		{wish, retriable("mail", saga.StepOptions{})}, {retriable("mail", saga.StepOptions{}), wish},
	} {
		start := startOf(define("Tell", saga.Parallel("tell", branches...)), noon)
		s := &tale{t: t, ref: start.Ref, now: noon}
		s.then(start, "SagaStarted", "do wish 1", "do mail 1")
		s.pass(time.Minute)
		s.then(saga.Attend{Now: s.now}, "timed out wish 1", "park wish action retries_used_up")

		start.Go = false
		s = &tale{t: t, ref: start.Ref, now: noon}
		s.then(start, "SagaStarted", "do wish 1")
		s.pass(time.Minute)
		s.then(saga.Attend{Now: s.now}, "timed out wish 1", "turn at wish: ", "SagaFailed")
	}
}
