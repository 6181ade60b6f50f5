package modelcheck

import (
	"slices"
	"time"

	"github.com/skaldgo/skald/saga"
)

// look notes when something is due.
func (g *graph) look(id nodeID) {
	n := g.at(id)
	consider := func(t time.Time) {
		if by := t.Sub(n.now); by > 0 && (n.next == 0 || by < n.next) {
			n.next = by
		}
	}
	n.next, n.late = 0, 0
	if n.inst.State() < saga.StateCompensating && !n.inst.Overdue() {
		consider(n.inst.Deadline())
	}
	for _, step := range n.inst.Steps() {
		i := stepIndex(step.Name)
		for _, track := range []saga.TrackStatus{step.Action, step.Compensation} {
			switch {
			case track.Open && n.past.steps[i].child: // it has no deadline any more
			case track.Open:
				if !track.Deadline.IsZero() && !track.Deadline.After(n.now) {
					n.late |= 1 << i
				}
				consider(track.Deadline)
				consider(g.totalDeadline(id, i))
			case step.State == saga.StepStateExecuting || step.State == saga.StepStateCompensating:
				consider(track.Due)
			}
		}
	}
}

// totalDeadline returns when all attempts of a step that stands open must have ended; the zero time for no limit.
func (g *graph) totalDeadline(log nodeID, step int) time.Time {
	if !g.of(log).Total {
		return time.Time{}
	}
	for id := log; id != none; id = g.at(id).parent {
		for _, event := range slices.Backward(g.at(id).events) {
			switch e := event.(type) {
			case saga.StepStarted:
				if e.Step == stepName(step) {
					return e.TotalDeadline
				}
			case saga.CompensationStarted:
				if e.Step == stepName(step) {
					return e.TotalDeadline
				}
			}
		}
	}
	return time.Time{}
}
