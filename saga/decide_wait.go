package saga

import (
	"fmt"
	"time"
)

// attend begins or ends one wait, and reports whether it did: a signal that is there ends the wait for it, also when the
// deadline has passed meanwhile.
func (d *decision) attend(now time.Time) bool {
	at, ok := d.in.attention(now)
	if !ok {
		return false
	}
	planned, t := &d.in.plan.Steps[at.step], d.in.at(at)
	signal := d.in.unused(planned.Await.Signal)
	switch {
	case !t.open:
		d.start(at, now)
	case signal != nil:
		d.emit(StepCompleted{Step: planned.Name, Attempt: t.attempts, Result: signal.payload, Signal: signal.id})
	case planned.Await.Default != nil:
		d.emit(StepCompleted{Step: planned.Name, Attempt: t.attempts, Result: planned.Await.Default, Lapsed: true})
	default:
		d.record(RecordOutcome{
			Now: now, Step: planned.Name, Direction: Action, Attempt: t.attempts, Outcome: Outcome{Kind: TimedOut},
		})
	}
	return true
}

// attention returns a step that is to begin or to end its wait; ok is false when there is none.
func (in *Instance) attention(now time.Time) (at place, ok bool) {
	if in.halted() {
		return place{}, false
	}
	for at := range in.places() {
		if !in.awaits(at) {
			continue
		}
		t := in.at(at)
		lapsed := !t.deadline.IsZero() && !t.deadline.After(now)
		switch {
		case !t.open && !in.turning() && !t.due.After(now),
			t.open && (lapsed || in.unused(in.plan.Steps[at.step].Await.Signal) != nil):
			return at, true
		}
	}
	return place{}, false
}

// awaits reports whether what happens at a place is to wait for a signal.
func (in *Instance) awaits(p place) bool {
	return p.direction == Action && in.plan.Steps[p.step].Await != nil
}

// attends reports whether Attend would decide something.
func (in *Instance) attends(now time.Time) bool {
	_, waits := in.attention(now)
	return waits || in.becomesOverdue(now)
}

// becomesOverdue reports whether the saga's deadline has passed, on its way forward, and that is not recorded yet.
func (in *Instance) becomesOverdue(now time.Time) bool {
	forward := in.state == StateStarted || in.state == StatePending
	return forward && !in.halted() && !in.overdue && !in.deadline.IsZero() && !now.Before(in.deadline)
}

// lapse records that the saga's deadline has passed.
func (d *decision) lapse(now time.Time) {
	if d.in.becomesOverdue(now) {
		d.emit(SagaOverdue{Deadline: d.in.deadline})
	}
}

// whyTurning tells why a saga turns round that no step has turned.
func (in *Instance) whyTurning() string {
	if in.cancelled != "" {
		return in.cancelled
	}
	return fmt.Sprintf("the deadline of the saga passed at %s", in.deadline.Format(time.RFC3339Nano))
}
