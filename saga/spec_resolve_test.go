package saga_test

import "github.com/skaldgo/skald/saga"

// resolvedAt is the place of the last word of an operator on what came of a track, -1 when there was none.
func (p past) resolvedAt(id trackID) int {
	_, at := last(p, func(e saga.StepResolved) bool { return e.Step == id.step && e.Direction == id.direction })
	return at
}

// undoneAt is the place of the last end of a step's compensation, by an attempt or by the word of an operator, -1 when there was
// none. blind: it was not given the result of the action.
func (p past) undoneAt(step string) (at int, blind bool) {
	_, at = last(p, func(e saga.CompensationCompleted) bool { return e.Step == step })
	begun, _ := last(p, func(e saga.CompensationStarted) bool { return e.Step == step })
	if said := p.resolvedAt(trackID{step, saga.Compensation}); said > at {
		return said, !past{p.ref, p.plan, p.events[:said]}.succeeded(step)
	}
	return at, !begun.ResultKnown
}

func (p past) undone(step string) bool {
	at, _ := p.undoneAt(step)
	return at >= 0
}

// mayResolve reports whether an operator can say what came of a track: the saga is parked there, and nothing has come of it.
func (p past) mayResolve(id trackID) bool {
	parked, _ := last(p, anyOf[saga.SagaParked])
	if !p.parked() || parked.Step != id.step || parked.Direction != id.direction || p.index(id.step) < 0 || p.isOpen(id) {
		return false
	}
	back := p.state() == saga.StateCompensating
	if id.direction == saga.Action {
		return !back && !p.succeeded(id.step)
	}
	again, _ := p.again()
	pending := !p.undone(id.step) || p.overlooked(id.step)
	for _, step := range again {
		pending = pending || step == id.step
	}
	return back && pending
}
