package saga

import (
	"iter"
	"slices"
	"time"
)

// owes reports whether the probe of a step is to be asked before the step is given up: its outcome is unknown, and the
// probe was not the last to be asked.
func (in *Instance) owes(i int) bool {
	s := &in.steps[i]
	return in.plan.Steps[i].Probe && s.unknown && s.result == nil && !s.action.open && !s.action.asked
}

// owing yields the places at which the saga stands that owe a probe before it can turn round.
func (in *Instance) owing() iter.Seq[place] {
	return func(yield func(place) bool) {
		if in.state == StateCompensating {
			return
		}
		for at := range in.places() {
			if in.owes(at.step) && !yield(at) {
				return
			}
		}
	}
}

func (in *Instance) anyOwing() bool {
	for range in.owing() {
		return true
	}
	return false
}

// isOwing reports whether a place is one of those.
func (in *Instance) isOwing(p place) bool {
	for at := range in.owing() {
		if at == p {
			return true
		}
	}
	return false
}

// probeUse tells what the next attempt at a place has to do with a probe.
func (in *Instance) probeUse(at place) ProbeUse {
	s := &in.steps[at.step]
	switch {
	case at.direction == Compensation || !in.plan.Steps[at.step].Probe || !s.unknown:
		return NoProbe
	case in.owes(at.step) && (s.action.askOnly || in.turning()):
		return ProbeOnly
	}
	return ProbeFirst
}

// upcoming returns the place at which the next attempt is to be started, that of a probe before the turn included; ok is
// false when none is due.
func (in *Instance) upcoming(now time.Time) (at place, ok bool) {
	if !in.halted() && in.turning() && !in.anyBinding() {
		for at := range in.owing() {
			return at, true
		}
	}
	return in.due(now)
}

// askBeforeTurn asks what is owed before the saga turns round, and reports whether the saga has to wait for that.
func (d *decision) askBeforeTurn(now time.Time, room int) bool {
	owing := slices.Collect(d.in.owing())
	if len(owing) == 0 {
		return false
	}
	for _, at := range owing[:min(len(owing), room, d.in.limit())] {
		d.start(at, now)
	}
	return true
}

// askBeforeGivingUp schedules the attempt that only asks, if the step owes it.
func (d *decision) askBeforeGivingUp(i int, now time.Time, room int) bool {
	if !d.in.owes(i) {
		return false
	}
	d.emit(StepRetryScheduled{
		RetryScheduled: RetryScheduled{
			Step: d.in.plan.Steps[i].Name, Attempt: d.in.steps[i].action.attempts + 1, Due: instant(now),
		},
		Probe: ProbeOnly,
	})
	d.proceed(now, room)
	return true
}
