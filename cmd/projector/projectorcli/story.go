package projectorcli

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

// story is one saga as its stream tells it, every attempt included.
type story struct {
	Name           string              `json:"name"`
	ID             string              `json:"id"`
	State          saga.State          `json:"state"`
	Revision       int64               `json:"revision"`
	Position       eventstore.Position `json:"position"`
	Version        int                 `json:"version"`
	DefinitionHash string              `json:"definition_hash"`
	StartedAt      time.Time           `json:"started_at"`
	StartedBy      string              `json:"started_by,omitempty"`
	UpdatedAt      time.Time           `json:"updated_at"`
	Correlation    string              `json:"correlation_id,omitempty"`
	Parent         *saga.Parent        `json:"parent,omitempty"`
	Children       []*childView        `json:"children,omitempty"`
	// Deadline is that of the saga as a whole; OverdueAt is when it was noticed that it had passed.
	Deadline   time.Time   `json:"deadline,omitzero"`
	OverdueAt  *time.Time  `json:"overdue_at,omitempty"`
	GivenUp    string      `json:"given_up,omitempty"`
	FailedStep string      `json:"failed_step,omitempty"`
	Reason     string      `json:"reason,omitempty"`
	Parked     *parkedView `json:"parked,omitempty"`
	Waits      *waitView   `json:"waits,omitempty"`
	Steps      []*stepView `json:"steps"`
	// Plan is the order of compensation, once it has been decided.
	CompensationPlan []string        `json:"compensation_plan,omitempty"`
	Signals          []*signalView   `json:"signals,omitempty"`
	Redriven         []redriveView   `json:"redriven,omitempty"`
	Paused           *operatorView   `json:"paused,omitempty"`
	Operated         []operatedView  `json:"operated,omitempty"`
	Cancelled        *operatorView   `json:"cancelled,omitempty"`
	Terminated       *operatorView   `json:"terminated,omitempty"`
	Late             []storedEvent   `json:"late,omitempty"`
	Data             json.RawMessage `json:"data,omitempty"`
	Chain            chainView       `json:"chain"`

	instance *saga.Instance
	awaited  []saga.Ref // sagas whose end it waits for
}

// parkedView tells where and why a saga waits for a person, and what can be done.
type parkedView struct {
	saga.Parked
	Since  time.Time `json:"since"`
	Remedy string    `json:"remedy"`
}

// redriveView is what an operator did.
type redriveView struct {
	At     time.Time `json:"at"`
	Step   string    `json:"step"`
	Actor  string    `json:"actor"`
	Reason string    `json:"reason"`
}

// operatorView is who did something to the saga as a whole, and why.
type operatorView struct {
	At     time.Time `json:"at"`
	Actor  string    `json:"actor"`
	Reason string    `json:"reason"`
	// Undone are the steps whose effects stay after the end that an operator has put to the saga.
	Undone []string `json:"undone,omitempty"`
}

func (s *story) ref() saga.Ref { return saga.Ref{Name: s.Name, ID: s.ID} }

// tell folds a saga from its stream. A broken chain, and an event that this program cannot read, are errors: what
// would follow from them is no truth.
func tell(ctx context.Context, store eventstore.Store, ref saga.Ref) (*story, error) {
	stream, err := readStream(ctx, store, ref.Stream())
	if isMissing(err) {
		return nil, fmt.Errorf("saga %s: %w", ref, saga.ErrNotFound)
	}
	if err == nil {
		err = stream.broken
	}
	if err != nil {
		return nil, err
	}
	registry, err := saga.NewRegistry()
	if err != nil {
		return nil, err
	}
	instance := saga.NewInstance(ref)
	s := &story{Name: ref.Name, ID: ref.ID, Chain: stream.chain, instance: instance}
	for _, ev := range stream.events {
		event, err := aggregate.DecodeEvent[saga.Event](registry, ev.recorded)
		if err != nil {
			return nil, err
		}
		instance.Evolve(event)
		s.UpdatedAt, s.Position = ev.At, ev.Position
		if instance.Plan() != nil && instance.Fault() == "" {
			s.add(ev, event, instance)
		}
	}
	if fault := instance.Fault(); fault != "" {
		return nil, fail(ExitUnverified, "look at its events with: projector sagas history "+ref.String(),
			"saga %s: %s cannot follow", ref, fault)
	}
	s.conclude(instance)
	late, err := readStream(ctx, store, ref.LateStream())
	if err != nil && !isMissing(err) {
		return nil, err
	}
	s.Late = late.events
	return s, nil
}

// conclude takes over what the instance knows once all events are folded.
func (s *story) conclude(in *saga.Instance) {
	s.State, s.Revision, s.Version, s.DefinitionHash = in.State(), in.Revision(), in.Version(), in.DefinitionHash()
	s.FailedStep, s.Reason = in.Failure()
	s.Data, s.Deadline = in.Data(), in.Deadline()
	for i, step := range in.Steps() { // as many and in the order of the plan, like s.Steps
		s.Steps[i].State, s.Steps[i].Result = step.State, step.Result
	}
	if _, parked := in.Parked(); !parked {
		s.Parked = nil
	}
	if _, paused := in.Paused(); !paused {
		s.Paused = nil
	}
	s.endOfChildren()
	s.awaited = in.Children()
	s.Waits = s.waits()
}

// add folds one event into the attempts. The instance has folded it already.
func (s *story) add(ev storedEvent, event saga.Event, in *saga.Instance) {
	if s.addSignal(ev.At, event) {
		return
	}
	switch e := event.(type) {
	case saga.SagaStarted:
		s.StartedAt, s.StartedBy, s.Correlation, s.Parent = ev.At, ev.Actor, e.CorrelationID, e.Parent
		s.planned(in.Plan())
	case saga.ChildRequested:
		if step := s.step(e.Step); step != nil {
			step.child = e.Child
			s.Children = append(s.Children, &childView{
				Name: e.Child.Name, ID: e.Child.ID, Step: e.Step, Direction: e.Direction, Attempt: e.Attempt,
			})
		}
	case saga.SagaParked:
		s.Parked = &parkedView{Parked: e.Parked, Since: ev.At, Remedy: e.Remedy()}
	case saga.StepRedriven:
		s.Redriven = append(s.Redriven, redriveView{At: ev.At, Step: e.Step, Actor: e.Actor, Reason: e.Reason})
	case saga.StepSkipped:
		s.addSkipped(ev.At, e)
	case saga.StepResolved:
		s.addResolved(ev, e)
	case saga.SagaPaused:
		s.Paused = &operatorView{At: ev.At, Actor: e.Actor, Reason: e.Reason}
		s.operated("paused", "", *s.Paused)
	case saga.SagaResumed:
		s.operated("resumed", "", operatorView{At: ev.At, Actor: e.Actor, Reason: e.Reason})
	case saga.DeadlineExtended:
		s.operated("extended", "to "+instant(e.Deadline), operatorView{At: ev.At, Actor: e.Actor, Reason: e.Reason})
	case saga.RetryPolicyChanged:
		s.operated("policy", policyLine(e), operatorView{At: ev.At, Actor: e.Actor, Reason: e.Reason})
	case saga.SagaMigrated:
		s.planned(e.Plan)
		s.operated("migrated", "to version "+strconv.Itoa(e.Version), operatorView{At: ev.At, Actor: e.Actor, Reason: e.Reason})
	case saga.SagaCancelRequested:
		s.Cancelled = &operatorView{At: ev.At, Actor: e.Actor, Reason: e.Reason}
	case saga.SagaTerminated:
		s.Terminated = &operatorView{At: ev.At, Actor: e.Actor, Reason: e.Reason, Undone: e.Undone}
	case saga.CompensationRequested:
		s.CompensationPlan = e.Plan
		s.stopWaiting(ev.At)
	default:
		if about := stepOf(event); about != "" {
			if step := s.step(about); step != nil {
				step.add(ev.At, event)
			}
		}
	}
}

func (s *story) step(name string) *stepView {
	for _, step := range s.Steps {
		if step.Name == name {
			return step
		}
	}
	return nil
}

func hexText(hash [32]byte) string { return hex.EncodeToString(hash[:]) }
