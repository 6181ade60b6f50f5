package verify

import "github.com/skaldgo/skald/saga"

// resolved looks at a StepResolved: an operator's word for what came of what the saga is parked at, of which nothing is known
// and no attempt is open.
func (h *history) resolved(i int) {
	f, s, d := h.fact, &h.steps[i], h.fact.Direction
	h.wantParkedAt(i, d, "resolved")
	h.want(f.SeenRevision != nil, ruleParked, "The operator does not say what they saw.")
	h.signed()
	h.want(!h.track(i, d).open, ruleParked, "The %s of %s is resolved while an attempt of it is open.", d, f.Step)
	h.parked, s.told = false, true
	h.permitAll()
	if d == saga.Action {
		h.want(!h.turned && !s.succeeded, ruleOnce, "Step %s is resolved, and no success of it is missing.", f.Step)
		if s.order == 0 {
			h.orders++
			s.order = h.orders
		}
		h.succeed(i)
		return
	}
	late := s.compensated && s.blind && s.succeeded
	h.want(h.turned && (!s.compensated || late), ruleUndoOnce, "Step %s is resolved, and was compensated before.", f.Step)
	h.want(f.Evidence != "", ruleParked, "The operator does not say how it is known that %s is undone.", f.Step)
	s.compensated, s.blind = true, !s.succeeded
}

// wantParkedAt demands that the saga waits for a person at a step in a direction.
func (h *history) wantParkedAt(i int, d saga.Direction, what string) {
	switch {
	case !h.parked:
		h.broken(ruleParked, "It is %s and was not parked.", what)
	case i != h.parkedAt || d != h.parkedDir:
		h.broken(ruleParked, "The %s of %s is %s, parked is the %s of %s.",
			d, h.fact.Step, what, h.parkedDir, h.def.name(h.parkedAt))
	}
}

// succeed takes in that a step is done, and where the saga stands then.
func (h *history) succeed(i int) {
	h.steps[i].succeeded = true
	h.forward()
}
