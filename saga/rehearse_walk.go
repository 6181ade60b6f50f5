package sagatest

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/skaldgo/skald/saga"
)

// walk goes through a history and asks at every append what is decided now: the instance that it keeps is what the
// program that runs now makes of the history.
type walk struct {
	h    *History
	now  saga.SagaStarted // what the definition would be started with
	was  *saga.Plan
	inst *saga.Instance

	// open are the decisions of which the events since began are the beginning; done: one of them is complete.
	open  [][]saga.Event
	began int
	done  bool
}

// first returns the first event that is not decided now, and what is; -1 when there is none.
func (w *walk) first() (at int, recorded, now []saga.Event) {
	w.inst, w.done = saga.NewInstance(w.h.ref), true
	for i, past := range w.h.events {
		if w.goesOn(i, past) {
			continue
		}
		if !w.done {
			return i, w.recorded(i), w.open[0]
		}
		candidates := w.decisions(past)
		w.open, w.began, w.done = candidates, i, false
		if !w.goesOn(i, past) {
			if len(candidates) > 0 {
				now = candidates[0]
			}
			return i, w.recorded(i), now
		}
	}
	if !w.done {
		last := len(w.h.events) - 1
		return last, w.recorded(last), w.open[0]
	}
	return -1, nil, nil
}

// recorded returns the events of the append at hand, as far as they can be told from those of later ones.
func (w *walk) recorded(differs int) []saga.Event {
	var events []saga.Event
	for i, past := range w.h.events[w.began:] {
		if !past.at.Equal(w.h.events[w.began].at) || w.began+i > differs && beginsAppend(past.event) {
			break
		}
		events = append(events, past.event)
	}
	return events
}

// beginsAppend reports whether an event is never behind another one of its append.
func beginsAppend(event saga.Event) bool {
	switch event.(type) {
	case saga.StepCompleted, saga.StepFailed, saga.StepTimedOut, saga.StepInterrupted, saga.StepRedriven,
		saga.CompensationCompleted, saga.CompensationFailed, saga.CompensationTimedOut, saga.CompensationInterrupted:
		return true
	}
	return false
}

// goesOn folds the event when one of the open decisions goes on with it, and keeps those that do.
func (w *walk) goesOn(i int, past pastEvent) bool {
	if i > w.began && !past.at.Equal(w.h.events[w.began].at) {
		return false // one append is decided at one instant
	}
	var still [][]saga.Event
	done := false
	for _, decision := range w.open {
		if n := i - w.began; n < len(decision) && w.same(decision[n], past.event) {
			still = append(still, decision)
			done = done || n == len(decision)-1
		}
	}
	if len(still) == 0 {
		return false
	}
	w.open, w.done = still, done
	w.inst.Evolve(w.folded(still[0][i-w.began], past.event))
	return true
}

// folded returns what goes on from here: what is decided now, but for an instant that was drawn at random.
func (w *walk) folded(now, recorded saga.Event) saga.Event {
	switch recorded.(type) {
	case saga.SagaStarted, saga.StepStarted, saga.CompensationStarted:
		return now
	}
	return recorded
}

// same compares two events as the log would keep them. What follows from the definition alone is left out where the
// definition has changed: the deadlines of steps whose policy did, and the plan itself. When a retry is due was drawn at
// random.
func (w *walk) same(now, recorded saga.Event) bool {
	a, errA := json.Marshal(w.canonical(now))
	b, errB := json.Marshal(w.canonical(recorded))
	return errA == nil && errB == nil && now.EventType() == recorded.EventType() && bytes.Equal(a, b)
}

func (w *walk) canonical(event saga.Event) saga.Event {
	switch e := event.(type) {
	case saga.SagaStarted:
		e.Version, e.DefinitionHash, e.Plan = 0, "", nil
		return e
	case saga.StepStarted:
		w.forget(&e.AttemptStarted, saga.Action)
		return e
	case saga.CompensationStarted:
		w.forget(&e.AttemptStarted, saga.Compensation)
		return e
	case saga.CompensationRequested:
		if len(e.Plan) == 0 {
			e.Plan = nil
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

func (w *walk) forget(e *saga.AttemptStarted, d saga.Direction) {
	if w.changed(e.Step, d) {
		e.Deadline, e.TotalDeadline = time.Time{}, time.Time{}
	}
}

// changed reports whether the policy of a step is not what it was.
func (w *walk) changed(step string, d saga.Direction) bool {
	was, now := policyOf(w.was, step, d), policyOf(w.now.Plan, step, d)
	return was == nil || now == nil || *was != *now
}

func policyOf(plan *saga.Plan, step string, d saga.Direction) *saga.Policy {
	for i := range plan.Steps {
		s := &plan.Steps[i]
		switch {
		case s.Name != step:
		case d == saga.Compensation:
			return s.Compensation
		default:
			return &s.Action
		}
	}
	return nil
}
