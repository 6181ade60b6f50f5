package saga

import (
	"iter"
	"time"
)

// place is one step in one direction.
type place struct {
	step      int
	direction Direction
}

// at returns the attempts at a place; the zero track when there were none.
func (in *Instance) at(p place) track { return in.steps[p.step].track(p.direction) }

// left reports whether there is something to do before the saga can end.
func (in *Instance) left() bool {
	switch in.state {
	case StateStarted, StatePending:
		return in.active < len(in.steps)
	case StateCompensating:
		return in.undoAt < len(in.undoPlan)
	case StateNone, StateCompleted, StateFailed, StateTerminated:
	}
	return false
}

// places yields where the saga stands: what has not succeeded yet, in the order in which attempts of it are started. On
// the way back that is one step; on the way forward it is one, or the branches of a group.
func (in *Instance) places() iter.Seq[place] {
	return func(yield func(place) bool) {
		if !in.left() {
			return
		}
		if in.state == StateCompensating {
			yield(place{in.undoPlan[in.undoAt], Compensation})
			return
		}
		for i := in.active; i < len(in.steps) && in.plan.together(in.active, i); i++ { // all before have succeeded
			if !in.steps[i].passed() && !yield(place{i, Action}) {
				return
			}
		}
	}
}

// waiting yields the places at which an attempt or a wait could begin if it is due: none while the saga is about to turn
// round, and no attempt while as many are open as may be.
func (in *Instance) waiting() iter.Seq[place] {
	return func(yield func(place) bool) {
		if in.turning() || !in.left() {
			return
		}
		full := in.full()
		for at := range in.places() {
			if !in.at(at).open && (!full || in.awaits(at)) && !yield(at) {
				return
			}
		}
	}
}

// isWaiting reports whether waiting yields a place.
func (in *Instance) isWaiting(at place) bool {
	if in.turning() || !in.left() || in.at(at).open {
		return false
	}
	if in.state == StateCompensating {
		return at == place{in.undoPlan[in.undoAt], Compensation} && !in.full()
	}
	return at.direction == Action && at.step >= in.active && in.plan.together(in.active, at.step) &&
		!in.steps[at.step].passed() && (in.awaits(at) || !in.full())
}

// full reports whether as many attempts are open as may be where the saga stands.
func (in *Instance) full() bool { return in.bindingCount() >= in.limit() }

// limit returns how many attempts may be open where the saga stands.
func (in *Instance) limit() int {
	if in.state == StateCompensating {
		return 1
	}
	return in.plan.limit(in.active)
}

// due returns the place at which the next attempt is to be started; ok is false when none is due.
func (in *Instance) due(now time.Time) (at place, ok bool) {
	for at := range in.waiting() {
		if !in.at(at).due.After(now) && !in.awaits(at) {
			return at, true
		}
	}
	return place{}, false
}

// nextDue returns when the saga, left to itself, next has something to do: a retry is due, a wait or the saga's deadline
// ends; zero for never. Without a slot the start of an attempt does not count.
func (in *Instance) nextDue(slot bool) (first time.Time) {
	sooner := func(at time.Time) {
		if !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	for at := range in.waiting() {
		if slot || in.awaits(at) {
			sooner(in.at(at).due.time())
		}
	}
	for at := range in.open() {
		if in.awaits(at) {
			sooner(in.at(at).deadline.time())
		}
	}
	if in.state < StateCompensating && !in.overdue {
		sooner(in.deadline)
	}
	return first
}

// open yields the places whose last attempt was started and has no outcome, in the order of the plan.
func (in *Instance) open() iter.Seq[place] {
	return func(yield func(place) bool) {
		for i := range in.steps {
			if in.steps[i].action.open && !yield(place{i, Action}) {
				return
			}
			if undo := in.steps[i].undo; undo != nil && undo.open && !yield(place{i, Compensation}) {
				return
			}
		}
	}
}

// running yields the places of attempts whose function runs somewhere: those that are open and wait for nothing else.
func (in *Instance) running() iter.Seq[place] {
	return func(yield func(place) bool) {
		for at := range in.open() {
			if !in.awaits(at) && in.at(at).child == nil && !yield(at) {
				return
			}
		}
	}
}

func (in *Instance) anyRunning() bool {
	for range in.running() {
		return true
	}
	return false
}

// bindingCount returns how many attempts have an outcome to come that the saga has to know before it can turn round: all
// that are open, but for waits for signals.
func (in *Instance) bindingCount() (n int) {
	for at := range in.open() {
		if !in.awaits(at) {
			n++
		}
	}
	return n
}

func (in *Instance) anyBinding() bool {
	for at := range in.open() {
		if !in.awaits(at) {
			return true
		}
	}
	return false
}

// still reports whether the saga has to wait for something before it can go on, but for attempts that are due.
func (in *Instance) still() bool {
	return in.left() && !(in.turning() && !in.anyBinding())
}

// stands returns the place of a step if the saga stands there, and its first place otherwise; ok is false when nothing is
// left.
func (in *Instance) stands(step string) (at place, ok bool) {
	for p := range in.places() {
		if !ok || in.plan.Steps[p.step].Name == step {
			at, ok = p, true
		}
	}
	return at, ok
}
