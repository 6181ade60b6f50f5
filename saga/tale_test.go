package saga_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/aggregate/aggregatetest"
	"github.com/skaldgo/skald/saga"
)

// tale is the history of one saga, told command by command. Every decision in it is checked to be pure, and everything
// decided to be possible.
type tale struct {
	t      rapid.TB
	ref    saga.Ref
	events []saga.Event
	at     []time.Time // when each event was decided
	asked  []question
	now    time.Time
}

// question is a command that was decided in a tale, after so many events.
type question struct {
	after   int
	command saga.Command
}

// begin tells of a saga whose first step runs.
func begin(t rapid.TB, def saga.Definition[goods]) *tale {
	s := &tale{t: t, ref: saga.Ref{Name: def.Name, ID: "7"}, now: noon}
	if told, is := t.(*testing.T); is { // a walk has tests of its own for that
		told.Cleanup(func() { requireSnapshotsAnywhere(told, s.ref, s.events) })
	}
	s.decide(startOf(def, s.now))
	return s
}

func startOf(def saga.Definition[goods], now time.Time) saga.StartSaga {
	plan := def.Plan()
	return saga.StartSaga{
		Now: now, Ref: saga.Ref{Name: def.Name, ID: "7"}, Version: def.Version, CorrelationID: "c", Data: someGoods, Go: true,
		DefinitionHash: saga.DefinitionHash(def.Name, def.Version, plan), Plan: plan,
	}
}

func (s *tale) pass(d time.Duration) { s.now = s.now.Add(d) }

// fold returns the saga as the tale stands.
func (s *tale) fold() *saga.Instance {
	inst := saga.NewInstance(s.ref)
	for _, event := range s.events {
		inst.Evolve(event)
	}
	require.Empty(s.t, inst.Fault())
	return inst
}

// when asks what a command would lead to, and lets nothing happen.
func (s *tale) when(command saga.Command) aggregatetest.Decision[saga.Event] {
	s.t.Helper()
	return aggregatetest.Given[saga.Command, saga.Event](s.t.(testing.TB), saga.NewInstance(s.ref), s.events...).When(command)
}

// decide lets a command be decided and its events happen, and returns them in brief.
func (s *tale) decide(command saga.Command) []string {
	s.t.Helper()
	inst := s.fold()
	events, err := inst.Decide(command)
	require.NoError(s.t, err)
	again, err := inst.Decide(command)
	require.NoError(s.t, err)
	require.Equal(s.t, events, again, "Decide gives the same answer when asked twice")
	require.Equal(s.t, s.fold(), inst, "Decide changes nothing of the saga")
	for range events {
		s.at = append(s.at, s.now)
	}
	s.asked = append(s.asked, question{len(s.events), command})
	s.events = append(s.events, events...)
	s.fold()
	return inBrief(events)
}

// then lets a command be decided and demands these events.
func (s *tale) then(command saga.Command, want ...string) {
	s.t.Helper()
	require.Equal(s.t, want, s.decide(command))
}

// ends lets the open attempt end, with a worker slot held, and demands these events.
func (s *tale) ends(outcome saga.Outcome, want ...string) {
	s.t.Helper()
	s.then(s.ending(outcome), want...)
}

// retries waits for the next attempt and lets it end.
func (s *tale) retries(outcome saga.Outcome, want ...string) {
	s.t.Helper()
	s.now = dueOf(s.events[len(s.events)-1])
	require.Len(s.t, s.decide(saga.Proceed{Now: s.now}), 1)
	s.ends(outcome, want...)
}

// ending is the command that records the end of the last attempt that was started.
func (s *tale) ending(outcome saga.Outcome) saga.RecordOutcome {
	for _, event := range slices.Backward(s.events) {
		switch e := event.(type) {
		case saga.StepStarted:
			return saga.RecordOutcome{
				Now: s.now, Step: e.Step, Direction: saga.Action, Attempt: e.Attempt, Outcome: outcome, Go: true,
			}
		case saga.CompensationStarted:
			return saga.RecordOutcome{
				Now: s.now, Step: e.Step, Direction: saga.Compensation, Attempt: e.Attempt, Outcome: outcome, Go: true,
			}
		}
	}
	s.t.Fatal("no attempt was started")
	return saga.RecordOutcome{}
}

// redrive lets an operator who knows the saga's revision redrive it, and lets it go on.
func (s *tale) redrive(want ...string) {
	s.t.Helper()
	events := s.decide(saga.Redrive{Actor: "ann", Reason: "fixed", SeenRevision: s.fold().Revision()})
	require.Equal(s.t, want, append(events, s.decide(saga.Proceed{Now: s.now})...))
}

func dueOf(event saga.Event) time.Time {
	switch e := event.(type) {
	case saga.StepRetryScheduled:
		return e.Due
	case saga.CompensationRetryScheduled:
		return e.Due
	}
	return time.Time{}
}

func inBrief(events []saga.Event) []string {
	var lines []string
	for _, event := range events {
		lines = append(lines, brief(event))
	}
	return lines
}

// brief tells an event in a few words.
func brief(event saga.Event) string {
	mark := func(yes bool, word string) string {
		if yes {
			return " " + word
		}
		return ""
	}
	switch e := event.(type) {
	case saga.StepStarted:
		return fmt.Sprintf("do %s %d%s", e.Step, e.Attempt, mark(e.Probe != saga.NoProbe, e.Probe.String()))
	case saga.CompensationStarted:
		return fmt.Sprintf("undo %s %d%s", e.Step, e.Attempt, mark(!e.ResultKnown, "blind"))
	case saga.StepCompleted:
		return fmt.Sprintf("did %s %d%s%s%s", e.Step, e.Attempt, mark(e.Late, "late"), mark(e.Lapsed, "lapsed"),
			mark(e.Signal != "", "by "+e.Signal))
	case saga.CompensationCompleted:
		return fmt.Sprintf("undid %s %d%s", e.Step, e.Attempt, mark(e.Nothing, "nothing"))
	case saga.StepFailed:
		return fmt.Sprintf("failed %s %d%s", e.Step, e.Attempt, mark(e.Permanent, "for good"))
	case saga.CompensationFailed:
		return fmt.Sprintf("undo failed %s %d%s", e.Step, e.Attempt, mark(e.Permanent, "for good"))
	case saga.StepTimedOut:
		return fmt.Sprintf("timed out %s %d", e.Step, e.Attempt)
	case saga.CompensationTimedOut:
		return fmt.Sprintf("undo timed out %s %d", e.Step, e.Attempt)
	case saga.StepInterrupted:
		return fmt.Sprintf("interrupted %s %d", e.Step, e.Attempt)
	case saga.CompensationInterrupted:
		return fmt.Sprintf("undo interrupted %s %d", e.Step, e.Attempt)
	case saga.StepRetryScheduled:
		return fmt.Sprintf("retry %s %d%s", e.Step, e.Attempt, mark(e.Probe != saga.NoProbe, e.Probe.String()))
	case saga.CompensationRetryScheduled:
		return fmt.Sprintf("retry undo %s %d", e.Step, e.Attempt)
	case saga.CompensationRequested:
		return fmt.Sprintf("turn at %s: %s", e.FailedStep, strings.Join(e.Plan, " "))
	case saga.SagaTerminated:
		return fmt.Sprintf("terminate: %s", strings.Join(e.Undone, " "))
	case saga.SagaCancelRequested:
		return "cancel"
	case saga.SagaParked:
		return fmt.Sprintf("park %s %s %s", e.Step, e.Direction, e.Reason)
	case saga.StepRedriven:
		return fmt.Sprintf("redrive %s %s", e.Step, e.Direction)
	case saga.StepResolved:
		return fmt.Sprintf("resolve %s %s", e.Step, e.Direction)
	case saga.StepSkipped:
		return "skip " + e.Step
	case saga.ChildRequested:
		return fmt.Sprintf("ask %s %d for %s", e.Step, e.Attempt, e.Child)
	case saga.StepGivenUp:
		return "give up " + e.Step
	}
	return event.EventType()
}
