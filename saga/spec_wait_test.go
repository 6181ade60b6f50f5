package saga_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/skaldgo/skald/saga"
)

// deadline is when the saga as a whole is to have ended, zero for never.
func (p past) deadline() time.Time {
	if extended, at := last(p, anyOf[saga.DeadlineExtended]); at >= 0 {
		return extended.Deadline
	}
	return p.events[0].(saga.SagaStarted).Deadline
}

// overdue reports whether the deadline has passed that the saga has now.
func (p past) overdue() bool {
	_, passed := last(p, anyOf[saga.SagaOverdue])
	_, extended := last(p, anyOf[saga.DeadlineExtended])
	return passed > extended
}

// lapse notes that the deadline of the saga has passed, once, on its way forward.
func (v *verdict) lapse(now time.Time) {
	forward := v.state() == saga.StateStarted || v.state() == saga.StatePending
	if forward && !v.halted() && !v.overdue() && !v.deadline().IsZero() && !v.deadline().After(now) {
		v.add(saga.SagaOverdue{Deadline: v.deadline()})
	}
}

// signalFor is the first signal of a name that has been no step's result.
func (p past) signalFor(name string) (saga.SignalReceived, bool) {
	for _, event := range p.events {
		signal, is := event.(saga.SignalReceived)
		used := has(p, func(e saga.StepCompleted) bool { return e.Signal == signal.ID })
		if is && signal.Name == name && !used {
			return signal, true
		}
	}
	return saga.SignalReceived{}, false
}

// waiting begins and ends waits, one after the other in the order of the plan, until none is to begin or to end.
func (v *verdict) waiting(now time.Time) {
	for !v.halted() && !v.ended() && slices.ContainsFunc(v.stands(), func(id trackID) bool {
		return v.waits(id) && v.waited(id, now)
	}) {
	}
}

// waited lets one wait begin or end if it is to.
func (v *verdict) waited(id trackID, now time.Time) bool {
	await := v.plan.Steps[v.index(id.step)].Await
	at := slices.IndexFunc(v.open(), func(b opened) bool { return b.trackID == id })
	if at < 0 {
		if v.turning() || v.due(id).After(now) {
			return false
		}
		v.begin(id, now, 0)
		return true
	}
	wait := v.open()[at]
	lapsed := !wait.Deadline.IsZero() && !now.Before(wait.Deadline)
	signal, came := v.signalFor(await.Signal)
	switch {
	case came:
		v.add(saga.StepCompleted{Step: id.step, Attempt: wait.Attempt, Result: signal.Payload, Signal: signal.ID})
	case lapsed && await.Default != nil:
		v.add(saga.StepCompleted{Step: id.step, Attempt: wait.Attempt, Result: await.Default, Lapsed: true})
	case lapsed:
		v.add(saga.StepTimedOut{AttemptRef: saga.AttemptRef{Step: id.step, Attempt: wait.Attempt}})
		v.lapse(now)
		if !v.turn(now, 0) && !v.turning() {
			v.retry(id, wait.Deadline, saga.RecordOutcome{Now: now}, 0) // once more only when an operator has asked for it
		}
	default:
		return false
	}
	return true
}

func (v *verdict) signalled(c saga.DeliverSignal) {
	if has(v.past, func(e saga.SignalReceived) bool { return e.ID == c.ID }) {
		return
	}
	if c.Payload == nil {
		c.Payload = json.RawMessage("null")
	}
	v.add(saga.SignalReceived{ID: c.ID, Name: c.Name, Payload: c.Payload, Actor: c.Actor})
	v.proceed(c.Now, 0)
}

// turn turns the saga round when it is to be and nothing runs any more.
func (v *verdict) turn(now time.Time, room int) bool {
	if v.halted() || !v.turning() || len(v.running()) > 0 {
		return false
	}
	if owed := slices.DeleteFunc(v.stands(), func(id trackID) bool { return !v.owes(id.step) }); len(owed) > 0 {
		for i := 0; i < min(room, len(owed)) && !v.full(); i++ {
			v.begin(owed[i], now, 0)
		}
		return room > 0
	}
	turned := saga.CompensationRequested{
		Reason: fmt.Sprintf("the deadline of the saga passed at %s", v.deadline().Format(time.RFC3339Nano)), Plan: v.toUndo(),
	}
	if wanted, at := last(v.past, anyOf[saga.SagaCancelRequested]); at >= 0 {
		turned.Reason = fmt.Sprintf("cancelled by %s: %s", wanted.Actor, wanted.Reason)
	}
	if gaveUp, at := last(v.past, anyOf[saga.StepGivenUp]); at >= 0 {
		turned.FailedStep, turned.Reason = gaveUp.Step, gaveUp.Reason
	}
	v.add(turned)
	v.proceed(now, room)
	return true
}
