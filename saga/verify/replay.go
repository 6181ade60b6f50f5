package verify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

// replay decides again what was decided. For each event that begins an append it asks the saga's Instance what every
// admitted input at that instant would lead to; the events that follow must go on with one of those decisions.
type replay struct {
	registry *eventstore.Registry
	sagas    map[string]*replayed
}

// replayed is one saga in a replay.
type replayed struct {
	inst *saga.Instance
	// open are the decisions that the events since the last boundary are the beginning of; done: one of them is complete.
	open [][]saga.Event
	at   int
	done bool
	lost bool // a violation was found; nothing more is compared
}

func newReplay() (*replay, error) {
	registry, err := saga.NewRegistry()
	if err != nil {
		return nil, err
	}
	return &replay{registry: registry, sagas: map[string]*replayed{}}, nil
}

func (r *replay) event(p *pass, s *stream, ev *eventstore.RecordedEvent, meta *eventstore.Metadata) {
	one := r.sagas[s.name]
	if one == nil {
		ref, _ := saga.ParseStream(s.name)
		one = &replayed{inst: saga.NewInstance(ref), done: true}
		r.sagas[s.name] = one
	}
	if one.lost {
		return
	}
	decoded, err := r.registry.Decode(ev.Type, meta.Schema, ev.Data)
	event, ok := decoded.(saga.Event)
	switch {
	case err != nil || !ok:
		one.lost = true // another rule tells of it
		return
	case one.goesOn(event):
	case !one.done:
		one.lost = true
		p.found.add(ruleReplay, s.name, ev.Revision, "%s", one.missing(event))
		return
	default:
		one.open, one.at, one.done = one.decisions(event, meta.At), 0, false
		if !one.goesOn(event) {
			one.lost = true
			p.found.add(ruleReplay, s.name, ev.Revision, "Nothing leads to this %s.", ev.Type)
			return
		}
	}
	one.inst.Evolve(event)
	if one.inst.State().Ended() && one.done {
		*one = replayed{lost: true} // what follows breaks another rule
	}
}

// close looks at sagas whose last decision is not there to its end.
func (r *replay) close(p *pass) {
	for _, name := range slices.Sorted(maps.Keys(r.sagas)) {
		if one := r.sagas[name]; !one.done && !one.lost {
			p.found.add(ruleReplay, name, one.inst.Revision(), "The log ends where the decision goes on with %s.",
				one.open[0][one.at].EventType())
		}
	}
}

// goesOn keeps those open decisions that the event goes on with, and reports whether there are any.
func (r *replayed) goesOn(event saga.Event) bool {
	var still [][]saga.Event
	done := false
	for _, decision := range r.open {
		if r.at < len(decision) && sameEvent(decision[r.at], event) {
			still = append(still, decision)
			done = done || r.at == len(decision)-1 || r.startsAttempt(event)
		}
	}
	if len(still) == 0 {
		return false
	}
	r.open, r.done = still, done
	r.at++
	return true
}

// startsAttempt reports whether an event starts an attempt: behind each of those a decision can end, for want of slots.
func (r *replayed) startsAttempt(event saga.Event) bool {
	switch e := event.(type) {
	case saga.CompensationStarted:
		return true
	case saga.StepStarted:
		plan := r.inst.Plan()
		return plan != nil && !slices.ContainsFunc(plan.Steps, func(s saga.PlannedStep) bool {
			return s.Name == e.Step && s.Await != nil
		})
	}
	return false
}

func (r *replayed) missing(event saga.Event) string {
	return fmt.Sprintf("%s follows where the decision goes on with %s.", event.EventType(), r.open[0][r.at].EventType())
}

// decisions returns what every input leads to that can begin with the event.
func (r *replayed) decisions(event saga.Event, at time.Time) [][]saga.Event {
	var list [][]saga.Event
	spare := 0
	if plan := r.inst.Plan(); plan != nil && len(plan.Groups) > 0 {
		spare = len(plan.Steps)
	} else if start, is := event.(saga.SagaStarted); is && start.Plan != nil {
		spare = len(start.Plan.Steps)
	}
	for _, mayStart := range []bool{true, false} {
		for _, command := range inputs(event, at, mayStart, spare) {
			list = r.decide(list, command)
			if outcome, ok := command.(saga.RecordOutcome); ok {
				outcome.Jitter = 1 // the shortest delay, which may fit into the time for all attempts where the longest does not
				list = r.decide(list, outcome)
			}
		}
	}
	return list
}

func (r *replayed) decide(list [][]saga.Event, command saga.Command) [][]saga.Event {
	if events, err := r.inst.Decide(command); err == nil && len(events) > 0 {
		return append(list, events)
	}
	return list
}

// inputs returns the commands that can lead to a decision which begins with the event.
func inputs(event saga.Event, at time.Time, mayStart bool, spare int) []saga.Command {
	if end, is := saga.OutcomeOf(event); is {
		end.Now, end.Go, end.Spare = at, mayStart, spare
		commands := []saga.Command{end}
		if end.Outcome.Kind == saga.TimedOut { // of an attempt, or of a wait
			commands = append(commands, saga.Attend{Now: at}, saga.Proceed{Now: at, Spare: spare})
		}
		return commands
	}
	if command, is := saga.OperatorCommandOf(event); is {
		return []saga.Command{command}
	}
	if e, is := event.(saga.SagaStarted); is {
		return []saga.Command{saga.StartSaga{
			Now: at, Ref: saga.Ref{Name: e.Name, ID: e.ID}, Version: e.Version, DefinitionHash: e.DefinitionHash,
			CorrelationID: e.CorrelationID, Plan: e.Plan, Data: e.Data, Parent: e.Parent, Go: mayStart, Spare: spare,
		}}
	}
	if e, is := event.(saga.SignalReceived); is {
		return []saga.Command{saga.DeliverSignal{Now: at, ID: e.ID, Name: e.Name, Payload: e.Payload, Actor: e.Actor}}
	}
	step := ""
	if e, is := event.(saga.SagaParked); is {
		step = e.Step
	}
	return []saga.Command{
		saga.Proceed{Now: at, Spare: spare}, saga.Attend{Now: at}, saga.Recover{Now: at, Go: mayStart, Spare: spare},
		saga.DeclareStillRunning{Step: step}, saga.DeclareStillRunning{}, saga.DeclareMissing{Step: step},
	}
}

// sameEvent compares two events as the log would keep them.
func sameEvent(decided, stored saga.Event) bool {
	if decided.EventType() != stored.EventType() {
		return false
	}
	decided, stored = canonical(decided), canonical(stored)
	if reflect.DeepEqual(decided, stored) {
		return true // so they are nearly always, and to find that out costs much less
	}
	a, errA := json.Marshal(decided)
	b, errB := json.Marshal(stored)
	return errA == nil && errB == nil && bytes.Equal(a, b)
}

// canonical leaves out of an event what may differ: when a retry is due was drawn at random within the policy, which is
// a rule of its own, and a list without steps can be written in two ways.
func canonical(event saga.Event) saga.Event {
	switch e := event.(type) {
	case saga.CompensationRequested:
		if len(e.Plan) == 0 {
			e.Plan = nil
		}
		return e
	case saga.SagaTerminated:
		if len(e.Undone) == 0 {
			e.Undone = nil
		}
		return e
	case saga.StepRetryScheduled:
		e.Due = time.Time{}
		return e
	case saga.CompensationRetryScheduled:
		e.Due = time.Time{}
		return e
	}
	return event
}
