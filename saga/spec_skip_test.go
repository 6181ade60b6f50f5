package saga_test

import (
	"slices"

	"github.com/skaldgo/skald/saga"
)

// skippedAt is the place at which an operator had a step passed over, -1 when nobody has.
func (p past) skippedAt(step string) int {
	_, at := last(p, func(e saga.StepSkipped) bool { return e.Step == step })
	return at
}

// passed reports whether a step is behind the saga on its way forward.
func (p past) passed(step string) bool { return p.succeeded(step) || p.skippedAt(step) >= 0 }

// maySkip reports whether a step can be passed over: the saga stands there, is not to be undone, nothing runs there, and it is
// not parked at another step.
func (p past) maySkip(step string) bool {
	id := trackID{step, saga.Action}
	parked, _ := last(p, anyOf[saga.SagaParked])
	elsewhere := p.parked() && (trackID{parked.Step, parked.Direction}) != id
	return slices.Contains(p.stands(), id) && !p.turning() && !elsewhere && (!p.isOpen(id) || p.waits(id))
}
