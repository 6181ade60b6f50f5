package verify

import (
	"time"

	"github.com/skaldgo/skald/saga"
)

// skipped looks at a StepSkipped: the saga goes forward and stands at the step, nothing runs there, and if it is parked, then there.
func (h *history) skipped(i int) {
	f, s := h.fact, &h.steps[i]
	t := &s.action
	h.want(!h.parked || h.parkedAt == i && h.parkedDir == saga.Action, ruleParked, "Step %s is skipped, parked is the %s of %s.",
		f.Step, h.parkedDir, h.def.name(h.parkedAt))
	h.want(f.SeenRevision != nil, ruleParked, "The operator does not say what they saw.")
	h.signed()
	h.want(!h.turned && !h.turning(), ruleCancel, "Step %s is skipped in a saga that is to be undone.", f.Step)
	h.want(h.turned || h.standsAt(i, saga.Action), ruleForward, "Step %s is skipped where the saga does not stand.", f.Step)
	h.want(!t.open || h.def.waits(i), ruleAttempts, "Step %s is skipped while an attempt of it is open.", f.Step)
	if t.open {
		h.shut(i, saga.Action)
	}
	if h.parked {
		h.parked = false
		h.permitAll()
	}
	t.due = time.Time{}
	s.skipped, s.told = true, true
	h.forward()
}

// passed reports whether a saga on its way forward is past the step.
func (s *stepHistory) passed() bool { return s.succeeded || s.skipped }

// forward moves to the first step that has neither succeeded nor was skipped.
func (h *history) forward() {
	for h.active < len(h.steps) && h.steps[h.active].passed() {
		h.active++
	}
}
