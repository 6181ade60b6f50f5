package saga

import (
	"bytes"
	"encoding/json"
	"reflect"
	"time"
)

// walk goes through a history and asks at every append what is decided now: the instance that it keeps is what the
// program that runs now makes of the history.
type walk struct {
	past []PastEvent
	ref  Ref
	now  SagaStarted // what the definition would be started with
	was  *Plan
	inst *Instance

	// open are the decisions of which the events since began are the beginning; done: one of them is complete.
	open  [][]Event
	began int
	done  bool
}

// first returns the first event that is not decided now, and what is; -1 when there is none.
func (w *walk) first() (at int, recorded, now []Event) {
	w.inst, w.done = NewInstance(w.ref), true
	for i, past := range w.past {
		if w.goesOn(i, past) {
			continue
		}
		if e, is := past.Event.(SagaMigrated); is && w.done {
			w.migrated(e)
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
		last := len(w.past) - 1
		return last, w.recorded(last), w.open[0]
	}
	return -1, nil, nil
}

// migrated passes over a migration: the definition has led to where the saga stands.
func (w *walk) migrated(e SagaMigrated) {
	w.inst.revision++
	if p := w.inst.parked; p != nil && p.Reason == ParkedStepMissing {
		w.inst.parked = nil
	}
	w.was, w.open = e.Plan, nil
}

// recorded returns the events of the append at hand, as far as they can be told from those of later ones.
func (w *walk) recorded(differs int) []Event {
	var events []Event
	for i, past := range w.past[w.began:] {
		if !past.At.Equal(w.past[w.began].At) || w.began+i > differs && beginsAppend(past.Event) {
			break
		}
		events = append(events, past.Event)
	}
	return events
}

// beginsAppend reports whether an event is never behind another one of its append.
func beginsAppend(event Event) bool {
	switch e := event.(type) {
	case StepCompleted:
		return e.Signal == "" && !e.Lapsed
	case StepFailed, StepTimedOut, StepInterrupted, StepRedriven, SagaCancelRequested, SagaTerminated,
		SagaPaused, SagaResumed, DeadlineExtended, RetryPolicyChanged, SagaMigrated, SignalReceived, StepResolved, StepSkipped,
		CompensationCompleted, CompensationFailed, CompensationTimedOut, CompensationInterrupted:
		return true
	}
	return false
}

// goesOn folds the event when one of the open decisions goes on with it, and keeps those that do.
func (w *walk) goesOn(i int, past PastEvent) bool {
	if i > w.began && !past.At.Equal(w.past[w.began].At) {
		return false // one append is decided at one instant
	}
	var still [][]Event
	done := false
	for _, decision := range w.open {
		if n := i - w.began; n < len(decision) && w.same(decision[n], past.Event) {
			still = append(still, decision)
			done = done || n == len(decision)-1
		}
	}
	if len(still) == 0 {
		return false
	}
	w.open, w.done = still, done
	w.inst.Evolve(w.folded(still[0][i-w.began], past.Event))
	return true
}

// folded returns what goes on from here: what is decided now, but for an instant that was drawn at random.
func (w *walk) folded(now, recorded Event) Event {
	switch recorded.(type) {
	case SagaStarted, StepStarted, CompensationStarted:
		return now
	}
	return recorded
}

// same compares two events as the log would keep them. What follows from the definition alone is left out where the
// definition has changed: the deadlines of steps whose policy did, and the plan itself. When a retry is due was drawn at
// random.
func (w *walk) same(now, recorded Event) bool {
	if now.EventType() != recorded.EventType() {
		return false
	}
	now, recorded = w.canonical(now), w.canonical(recorded)
	if reflect.DeepEqual(now, recorded) {
		return true // so they are nearly always, and to find that out costs much less
	}
	a, errA := json.Marshal(now)
	b, errB := json.Marshal(recorded)
	return errA == nil && errB == nil && bytes.Equal(a, b)
}

func (w *walk) canonical(event Event) Event {
	switch e := event.(type) {
	case SagaStarted:
		e.Version, e.DefinitionHash, e.Plan = 0, "", nil
		if w.was.DeadlineMS != w.now.Plan.DeadlineMS {
			e.Deadline = time.Time{}
		}
		return e
	case StepStarted:
		w.forget(&e.AttemptStarted, Action)
		return e
	case CompensationStarted:
		w.forget(&e.AttemptStarted, Compensation)
		return e
	case CompensationRequested:
		if len(e.Plan) == 0 {
			e.Plan = nil
		}
		return e
	case StepRetryScheduled:
		e.Due = time.Time{}
		return e
	case CompensationRetryScheduled:
		e.Due = time.Time{}
		return e
	}
	return event
}

func (w *walk) forget(e *AttemptStarted, d Direction) {
	if w.changed(e.Step, d) {
		e.Deadline, e.TotalDeadline = time.Time{}, time.Time{}
	}
}

// changed reports whether the policy of a step is not what it was.
func (w *walk) changed(step string, d Direction) bool {
	was, now := limitsIn(w.was, step, d), limitsIn(w.now.Plan, step, d)
	return was == nil || now == nil || *was != *now
}
