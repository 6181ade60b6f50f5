package sagaview_test

import (
	"context"
	"encoding/json"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/internal/walktest"
	"github.com/skaldgo/skald/saga"
)

// goods is the data of every saga in these tests.
type goods = walktest.Goods

func compensable(name string, o saga.StepOptions) saga.Step[goods] {
	return walktest.Step(name, saga.KindCompensable, o)
}

func define(name string, steps ...saga.Step[goods]) saga.Definition[goods] {
	return saga.Definition[goods]{Name: name, Version: 3, Steps: steps}
}

// orderDef has two steps, with three attempts of five minutes each.
func orderDef() saga.Definition[goods] {
	return define("Order", compensable("reserve", saga.StepOptions{}), compensable("pay", saga.StepOptions{}))
}

// once allows one attempt.
func once() saga.StepOptions {
	return saga.StepOptions{
		Retry:        saga.RetryPolicy{MaximumAttempts: 1},
		Compensation: saga.AttemptOptions{Retry: saga.RetryPolicy{MaximumAttempts: 1}},
	}
}

func onceDef() saga.Definition[goods] {
	return define("Once", compensable("reserve", once()), compensable("pay", once()))
}

// Outcomes of an attempt.
var (
	done      = saga.Outcome{Kind: saga.Succeeded, Result: json.RawMessage(`"r"`)}
	failed    = saga.Outcome{Kind: saga.FailedTransiently, Error: "broken pipe"}
	refused   = saga.Outcome{Kind: saga.FailedPermanently, Error: "refused"}
	nothing   = saga.Outcome{Kind: saga.SucceededWithNothing}
	timedOut  = saga.Outcome{Kind: saga.TimedOut}
	interrupt = saga.Outcome{Kind: saga.Interrupted}
)

// tale is one saga whose history is written into the log of a fixture, command by command, by the fixture's clock.
type tale struct {
	f      *fixture
	ref    saga.Ref
	plan   *saga.Plan
	repo   *aggregate.Repository[*saga.Instance, saga.Command, saga.Event]
	inst   *saga.Instance
	head   aggregate.Head
	events []saga.Event
	at     []time.Time // of each event
	parent *saga.Parent
	late   []saga.StepCompleted
	lateAt []time.Time
}

// begin starts a saga, with its first attempt.
func (f *fixture) begin(def saga.Definition[goods], id string) *tale {
	s := f.tale(def, id)
	s.start(def, true)
	return s
}

func (f *fixture) tale(def saga.Definition[goods], id string) *tale {
	registry, err := saga.NewRegistry()
	require.NoError(f.t, err)
	at := saga.Ref{Name: def.Name, ID: id}
	repo, err := aggregate.NewRepository(aggregate.Config[*saga.Instance]{
		Store: f.store, Registry: registry, Category: saga.Category(def.Name),
		New: func(id string) *saga.Instance { return saga.NewInstance(saga.Ref{Name: def.Name, ID: id}) },
	})
	require.NoError(f.t, err)
	return &tale{
		f: f, ref: at, plan: def.Plan(), repo: repo, inst: saga.NewInstance(at), head: aggregate.NewHead(at.Stream()),
	}
}

func (s *tale) start(def saga.Definition[goods], mayRun bool) {
	s.decide(saga.StartSaga{
		Now: s.f.now, Ref: s.ref, Version: def.Version, DefinitionHash: saga.DefinitionHash(def.Name, def.Version, s.plan),
		CorrelationID: "order " + s.ref.ID, Plan: s.plan, Data: json.RawMessage(`{"item":"lamp"}`), Go: mayRun,
		Parent: s.parent,
	})
}

// decide lets a command be decided, stores its events and lets them happen.
func (s *tale) decide(command saga.Command) {
	events, err := s.inst.Decide(command)
	require.NoError(s.f.t, err)
	if len(events) == 0 {
		return
	}
	s.head, err = s.repo.Append(context.Background(), s.head, events, aggregate.Envelope{At: s.f.now})
	require.NoError(s.f.t, err)
	for _, e := range events {
		s.inst.Evolve(e)
		if m, is := e.(saga.SagaMigrated); is {
			s.plan = m.Plan
		}
		s.events, s.at = append(s.events, e), append(s.at, s.f.now)
	}
	require.Empty(s.f.t, s.inst.Fault())
}

// open returns the command that ends the open attempt; is is false when there is none.
func (s *tale) open() (command saga.RecordOutcome, is bool) {
	for i, step := range s.plan.Steps {
		for _, d := range []saga.Direction{saga.Action, saga.Compensation} {
			if at := (history)(s.events).open(step.Name, d); at >= 0 {
				_, attempt := started(s.events[at], s.plan.Steps[i].Name, d)
				return saga.RecordOutcome{Now: s.f.now, Step: step.Name, Direction: d, Attempt: attempt.Attempt, Go: true}, true
			}
		}
	}
	return saga.RecordOutcome{}, false
}

// ends lets the open attempt end, with a worker slot held.
func (s *tale) ends(outcomes ...saga.Outcome) *tale {
	for _, outcome := range outcomes {
		command, is := s.open()
		require.True(s.f.t, is, "an attempt is open")
		command.Outcome = outcome
		s.decide(command)
	}
	return s
}

func (s *tale) redrive() {
	s.decide(saga.Redrive{Actor: "ann", Reason: "fixed", SeenRevision: s.inst.Revision()})
}

// resolution is what an operator says of what the saga is parked at.
func (s *tale) resolution() saga.Resolve {
	parked, _ := s.inst.Parked()
	resolve := saga.Resolve{
		Step: parked.Step, Direction: parked.Direction, Actor: "ann", Reason: "they said so", SeenRevision: s.inst.Revision(),
	}
	if resolve.Direction == saga.Compensation {
		resolve.Evidence = "a receipt"
	}
	return resolve
}

// skips lets an operator pass over the first step behind some that can be, and reports whether there was one.
func (s *tale) skips(from int) bool {
	for i := range s.plan.Steps {
		skip := saga.Skip{
			Step: s.plan.Steps[(from+i)%len(s.plan.Steps)].Name, Actor: "ann", Reason: "not needed", SeenRevision: s.inst.Revision(),
		}
		if _, err := s.inst.Decide(skip); err == nil {
			s.decide(skip)
			return true
		}
	}
	return false
}

// lateSuccess is news of the success of an attempt that was given up.
func (s *tale) lateSuccess(step string, attempt int) {
	s.decide(saga.RecordOutcome{Now: s.f.now, Step: step, Attempt: attempt, Outcome: done, Go: true})
}

// newsAfterTheEnd puts a late success into the stream beside that of an ended saga.
func (s *tale) newsAfterTheEnd(step string, attempt int) {
	e := saga.StepCompleted{Step: step, Attempt: attempt, Late: true}
	data, err := json.Marshal(e)
	require.NoError(s.f.t, err)
	s.f.append(s.ref.LateStream(), e.EventType(), string(data))
	s.late, s.lateAt = append(s.late, e), append(s.lateAt, s.f.now)
}
