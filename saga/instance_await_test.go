package saga_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

// loanDef asks a person between two steps.
func loanDef(o saga.AwaitOptions[bool]) saga.Definition[goods] {
	return define("Loan", compensable("reserve", saga.StepOptions{}), saga.Await[goods]("approval", o), compensable("pay", saga.StepOptions{}))
}

func (s *tale) signal(id string, payload string) saga.DeliverSignal {
	return saga.DeliverSignal{Now: s.now, ID: id, Name: "approval", Payload: json.RawMessage(payload)}
}

func TestAStepThatAwaitsASignalHasItsPayloadAsResult(t *testing.T) {
	s := begin(t, loanDef(saga.AwaitOptions[bool]{}))
	s.ends(ok("r"), "did reserve 1", "do approval 1")
	s.then(saga.Proceed{Now: s.now.Add(1000 * time.Hour)})
	s.then(s.signal("1", "true"), "SignalReceived", "did approval 1 by 1")
	s.then(saga.Proceed{Now: s.now}, "do pay 1")
	require.JSONEq(t, "true", string(s.fold().Steps()[1].Result))
}

func TestASignalMayComeBeforeTheStepThatAwaitsIt(t *testing.T) {
	s := begin(t, loanDef(saga.AwaitOptions[bool]{}))
	s.then(s.signal("1", "true"), "SignalReceived")
	s.then(s.signal("2", "false"), "SignalReceived")
	s.ends(ok("r"), "did reserve 1", "do approval 1", "did approval 1 by 1", "do pay 1")
}

func TestASignalCountsOnce(t *testing.T) {
	s := begin(t, loanDef(saga.AwaitOptions[bool]{}))
	s.then(s.signal("1", "true"), "SignalReceived")
	s.then(s.signal("1", " true"))
	s.when(s.signal("1", "false")).ThenError(saga.ErrSignalledDifferently)
	nothing := saga.DeliverSignal{Now: s.now, ID: "2", Name: "approval"}
	s.then(nothing, "SignalReceived")
	s.then(nothing)
	other := s.signal("3", "true")
	other.Name = "refusal"
	s.when(other).ThenError(saga.ErrUnknownSignal)
	s.when(s.signal("", "true")).ThenError(saga.ErrInvalidSignal)
}

func TestASignalThatIsSentAgainAfterTheEndIsAnsweredAsBefore(t *testing.T) {
	s := begin(t, loanDef(saga.AwaitOptions[bool]{}))
	s.then(s.signal("1", "true"), "SignalReceived")
	s.ends(ok("r"), "did reserve 1", "do approval 1", "did approval 1 by 1", "do pay 1")
	s.ends(ok("p"), "did pay 1", "SagaCompleted")
	s.then(s.signal("1", " true"))
	s.when(s.signal("1", "false")).ThenError(saga.ErrSignalledDifferently)
	s.when(s.signal("2", "true")).ThenError(saga.ErrEnded)
}

func TestARefusedSignalIsToldWhatWouldBeTaken(t *testing.T) {
	s := begin(t, loanDef(saga.AwaitOptions[bool]{}))
	another := s.signal("1", "true")
	another.Name = "assent"
	_, err := s.fold().Decide(another)
	require.ErrorContains(t, err, `the name is "assent", and its steps wait for approval`)
	s.then(s.signal("1", "true"), "SignalReceived")
	_, err = s.fold().Decide(another)
	require.ErrorContains(t, err, `came with the name "approval" before and has "assent" now; give a new signal an ID of its own`)
	_, err = s.fold().Decide(s.signal("1", "false"))
	require.ErrorContains(t, err, "came with another payload before")
	_, err = begin(t, define("Plain", compensable("reserve", saga.StepOptions{}))).fold().Decide(s.signal("1", "true"))
	require.ErrorContains(t, err, "none of its steps waits for a signal")
}

func TestAWaitThatLapses(t *testing.T) {
	t.Run("fails the step", func(t *testing.T) {
		s := begin(t, loanDef(saga.AwaitOptions[bool]{Timeout: time.Hour}))
		s.ends(ok("r"), "did reserve 1", "do approval 1")
		s.pass(time.Hour - time.Millisecond)
		s.then(saga.Attend{Now: s.now})
		s.pass(time.Millisecond)
		s.then(saga.Attend{Now: s.now}, "timed out approval 1", "turn at approval: reserve")
	})
	t.Run("goes on with the default", func(t *testing.T) {
		yes := true
		s := begin(t, loanDef(saga.AwaitOptions[bool]{Timeout: time.Hour, Default: &yes}))
		s.ends(ok("r"), "did reserve 1", "do approval 1")
		s.pass(time.Hour)
		s.then(saga.Proceed{Now: s.now}, "did approval 1 lapsed", "do pay 1")
	})
	t.Run("is ended by a signal that came before anyone saw that", func(t *testing.T) {
		s := begin(t, loanDef(saga.AwaitOptions[bool]{Timeout: time.Hour}))
		s.ends(ok("r"), "did reserve 1", "do approval 1")
		s.pass(2 * time.Hour)
		s.then(s.signal("1", "true"), "SignalReceived", "did approval 1 by 1")
	})
	t.Run("after the point of no return waits for a person", func(t *testing.T) {
		s := begin(t, define("Loan", pivot("pay", saga.StepOptions{}), saga.Await[goods]("approval", saga.AwaitOptions[bool]{Timeout: time.Hour})))
		s.ends(ok("p"), "did pay 1", "do approval 1")
		s.pass(time.Hour)
		s.then(saga.Attend{Now: s.now}, "timed out approval 1", "park approval action retries_used_up")
		s.redrive("redrive approval action", "do approval 2")
		s.then(s.signal("1", "true"), "SignalReceived", "did approval 2 by 1", "SagaCompleted")
	})
}

func TestAWaitIsNeitherTakenOverNorWaitedForByACancellation(t *testing.T) {
	s := begin(t, loanDef(saga.AwaitOptions[bool]{}))
	s.ends(ok("r"), "did reserve 1", "do approval 1")
	s.then(saga.Recover{Now: s.now, Go: true})
	s.then(unwanted, "cancel", "turn at : reserve")
	s.then(s.signal("1", "true"), "SignalReceived")
	s.then(saga.Proceed{Now: s.now}, "undo reserve 1")
}

func TestASagaWhoseDeadlinePasses(t *testing.T) {
	limited := func(steps ...saga.Step[goods]) saga.Definition[goods] {
		d := define("Limited", steps...)
		d.Deadline = time.Minute
		return d
	}
	t.Run("is compensated before its point of no return", func(t *testing.T) {
		s := begin(t, limited(compensable("a", saga.StepOptions{}), compensable("b", saga.StepOptions{})))
		s.ends(ok("a"), "did a 1", "do b 1")
		s.pass(time.Minute)
		s.then(saga.Attend{Now: s.now}, "SagaOverdue")
		s.then(saga.Attend{Now: s.now})
		s.ends(failed, "failed b 1", "turn at : b a", "undo b 1 blind")
		_, reason := s.fold().Failure()
		require.Equal(t, "the deadline of the saga passed at 2026-01-02T12:01:00Z", reason)
	})
	t.Run("goes on after it, marked", func(t *testing.T) {
		s := begin(t, limited(pivot("a", saga.StepOptions{}), retriable("b", saga.StepOptions{})))
		s.ends(ok("a"), "did a 1", "do b 1")
		s.pass(time.Minute)
		s.ends(failed, "failed b 1", "SagaOverdue", "retry b 2")
		s.retries(ok("b"), "did b 2", "SagaCompleted")
		require.True(t, s.fold().Overdue())
	})
	t.Run("is held by a pivot whose outcome is unknown", func(t *testing.T) {
		s := begin(t, limited(compensable("a", saga.StepOptions{}), pivot("b", saga.StepOptions{})))
		s.ends(ok("a"), "did a 1", "do b 1")
		s.pass(time.Minute)
		s.ends(failed, "failed b 1", "SagaOverdue", "retry b 2")
		s.pass(time.Minute)
		s.then(saga.Proceed{Now: s.now}, "do b 2")
		s.ends(refused, "failed b 2 for good", "park b action pivot_outcome_unknown")
	})
}
