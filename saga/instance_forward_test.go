package saga_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

func TestASagaOfFourStepsTakesFiveAppendsAndTenEvents(t *testing.T) {
	s := begin(t, orderDef())
	require.Equal(t, []string{"SagaStarted", "do reserve 1"}, inBrief(s.events))
	require.Equal(t, saga.StateStarted, s.fold().State())

	s.ends(ok("r"), "did reserve 1", "do pay 1")
	require.Equal(t, saga.StatePending, s.fold().State())
	s.ends(ok("p"), "did pay 1", "do ship 1")
	s.ends(ok("s"), "did ship 1", "do tell 1")
	s.ends(ok("t"), "did tell 1", "SagaCompleted")

	require.Len(t, s.events, 10)
	require.Equal(t, saga.StateCompleted, s.fold().State())
}

func TestEveryEventSaysAllThatTheSagaNeeds(t *testing.T) {
	def := orderDef()
	start := startOf(def, noon.Add(1700*time.Microsecond))
	s := &tale{t: t, ref: start.Ref, now: start.Now}
	first := saga.StepStarted{AttemptStarted: saga.AttemptStarted{
		Step: "reserve", Attempt: 1, Key: "Order/7/reserve/action", Deadline: noon.Add(time.Millisecond + saga.DefaultTimeout),
	}}
	s.when(start).Then(saga.SagaStarted{
		Name: "Order", ID: "7", Version: 1, DefinitionHash: start.DefinitionHash, CorrelationID: "c", Plan: def.Plan(),
		Data: someGoods,
	}, first)
	s.decide(start)

	inst := s.fold()
	require.Equal(t, saga.Ref{Name: "Order", ID: "7"}, inst.Ref())
	require.Equal(t, start.DefinitionHash, inst.DefinitionHash())
	require.Equal(t, 1, inst.Version())
	require.Equal(t, int64(1), inst.Revision())
	require.Equal(t, def.Plan(), inst.Plan())
	require.JSONEq(t, string(someGoods), string(inst.Data()))

	second := first
	second.Step, second.Key = "pay", "Order/7/pay/action"
	s.when(s.ending(ok("r"))).Then(
		saga.StepCompleted{Step: "reserve", Attempt: 1, Result: json.RawMessage(`"r"`)}, second)
	s.when(s.ending(panicked)).Then(
		saga.StepFailed{AttemptFailed: saga.AttemptFailed{
			Step: "reserve", Attempt: 1, Error: "panic: boom", Stack: "goroutine 1",
		}},
		saga.StepRetryScheduled{RetryScheduled: saga.RetryScheduled{
			Step: "reserve", Attempt: 2, Due: noon.Add(time.Second + time.Millisecond),
		}})
	s.when(s.ending(refused)).Then(
		saga.StepFailed{AttemptFailed: saga.AttemptFailed{
			Step: "reserve", Attempt: 1, Error: "declined", Permanent: true,
		}},
		saga.CompensationRequested{FailedStep: "reserve", Reason: "step reserve: declined", Plan: []string{}},
		saga.SagaFailed{FailedStep: "reserve", Reason: "step reserve: declined"})
}

func TestWithoutAWorkerSlotNothingStarts(t *testing.T) {
	def := orderDef()
	start := startOf(def, noon)
	start.Go = false
	s := &tale{t: t, ref: start.Ref, now: noon}
	s.then(start, "SagaStarted")
	s.then(saga.Proceed{Now: noon}, "do reserve 1")

	command := s.ending(ok("r"))
	command.Go = false
	s.then(command, "did reserve 1")
	s.then(saga.Proceed{Now: noon}, "do pay 1")

	command = s.ending(refused)
	command.Go = false
	s.then(command, "failed pay 1 for good", "turn at pay: reserve")
	s.then(saga.Proceed{Now: noon}, "undo reserve 1")

	command = s.ending(undone)
	command.Go = false
	s.then(command, "undid reserve 1", "SagaFailed")
}

func TestATransientErrorIsRetriedByThePolicyOfTheStep(t *testing.T) {
	policy := saga.RetryPolicy{
		InitialInterval: time.Second, BackoffCoefficient: 3, MaximumInterval: 5 * time.Second, MaximumAttempts: 4,
	}
	s := begin(t, define("R", compensable("a", saga.StepOptions{Retry: policy})))

	s.ends(failed, "failed a 1", "retry a 2")
	require.Equal(t, s.now.Add(time.Second), dueOf(s.events[len(s.events)-1]))
	s.when(saga.Proceed{Now: s.now.Add(999 * time.Millisecond)}).ThenNothing()
	s.retries(failed, "failed a 2", "retry a 3")
	require.Equal(t, s.now.Add(3*time.Second), dueOf(s.events[len(s.events)-1]))
	s.retries(panicked, "failed a 3", "retry a 4")
	require.Equal(t, s.now.Add(5*time.Second), dueOf(s.events[len(s.events)-1]))
	s.retries(failed, "failed a 4", "turn at a: a", "undo a 1 blind")
}

func TestJitterTakesUpToAQuarterOffTheDelayAndIsRecorded(t *testing.T) {
	s := begin(t, orderDef())
	command := s.ending(failed)
	command.Jitter = 0.5
	s.decide(command)
	require.Equal(t, s.now.Add(875*time.Millisecond), dueOf(s.events[len(s.events)-1]))
}

func TestAStepThatReturnsNothingHasAResult(t *testing.T) {
	s := begin(t, define("N", compensable("a", once()), readOnly("b", once())))
	s.ends(undone, "did a 1", "do b 1") // no result at all
	s.ends(refused, "failed b 1 for good", "turn at b: a", "undo a 1")
}

func TestOutcomesOfAttemptsThatAreNotOpenChangeNothing(t *testing.T) {
	s := begin(t, orderDef())
	for _, command := range []saga.RecordOutcome{
		{Now: noon, Step: "nowhere", Attempt: 1, Outcome: ok("x"), Go: true},
		{Now: noon, Step: "reserve", Attempt: 2, Outcome: ok("x"), Go: true},
		{Now: noon, Step: "reserve", Attempt: 0, Outcome: ok("x"), Go: true},
		{Now: noon, Step: "pay", Attempt: 1, Outcome: ok("x"), Go: true},
		{Now: noon, Step: "reserve", Attempt: 1, Direction: saga.Compensation, Outcome: undone, Go: true},
	} {
		s.when(command).ThenNothing()
	}
	s.ends(ok("r"), "did reserve 1", "do pay 1")
	repeat := s.ending(ok("r"))
	repeat.Step = "reserve"
	s.when(repeat).ThenNothing()
}

func TestNothingFollowsTheEnd(t *testing.T) {
	failedSaga := begin(t, define("F", compensable("a", once())))
	failedSaga.ends(refused, "failed a 1 for good", "turn at a: ", "SagaFailed")
	completed := begin(t, define("C", compensable("a", once())))
	completed.ends(ok("x"), "did a 1", "SagaCompleted")

	for _, s := range []*tale{failedSaga, completed} {
		for _, command := range []saga.Command{
			s.ending(ok("late")), saga.Proceed{Now: noon}, saga.Recover{Now: noon, Go: true}, saga.DeclareMissing{},
			saga.DeclareStillRunning{}, saga.Redrive{Actor: "ann", Reason: "r", SeenRevision: s.fold().Revision()},
		} {
			s.when(command).ThenError(saga.ErrEnded)
		}
	}
}

func TestASagaWithoutHistoryIsNotFound(t *testing.T) {
	s := &tale{t: t, ref: saga.Ref{Name: "Order", ID: "7"}}
	for _, command := range []saga.Command{
		saga.Proceed{}, saga.RecordOutcome{}, saga.Recover{}, saga.DeclareMissing{}, saga.DeclareStillRunning{},
		saga.Redrive{Actor: "ann", Reason: "r", SeenRevision: -1},
	} {
		s.when(command).ThenError(saga.ErrNotFound)
	}
}

func TestStartingAgain(t *testing.T) {
	started := begin(t, orderDef())
	ended := begin(t, define("Order", compensable("a", once())))
	ended.ends(ok("x"), "did a 1", "SagaCompleted")
	again := startOf(orderDef(), noon)

	for _, s := range []*tale{started, ended} {
		s.when(again).ThenNothing()

		reordered := again
		reordered.Data = json.RawMessage(" {\n\"count\": 2, \"item\": \"l\\u0061mp\"} ")
		s.when(reordered).ThenNothing()

		for _, other := range []string{`{"item":"lamp","count":3}`, `{"item":"lamp"}`, `null`, `{"item":"lamp","count":2} x`, ``} {
			differs := again
			differs.Data = json.RawMessage(other)
			s.when(differs).ThenError(saga.ErrStartedDifferently)
		}
	}
}
