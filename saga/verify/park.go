package verify

import (
	"time"

	"github.com/skaldgo/skald/saga"
)

// park looks at a SagaParked: whether the history bears out its reason.
func (h *history) park(i int, owed debt) {
	f := h.fact
	d := f.Direction
	h.want(!h.parked, ruleParked, "It was parked before.")
	h.want(!h.paused, ruleParked, "It is parked while it is paused.")
	if reason := saga.ParkReason(f.Reason); reason != saga.ParkedStillRunning && reason != saga.ParkedStepMissing {
		h.checkLate(owed)
	}
	if !h.mayPark(i, d, saga.ParkReason(f.Reason), owed) {
		h.broken(ruleParked, "Nothing before it makes it park at the %s of %s for %q.", d, f.Step, f.Reason)
	}
	if reason := saga.ParkReason(f.Reason); reason == saga.ParkedPivotUnknown || reason == saga.ParkedRetriesUsedUp || reason == saga.ParkedPermanentError {
		h.want(d == saga.Compensation || !h.owesProbe(i), ruleParked, "The probe of %s is not asked before.", f.Step)
	}
	t := h.track(i, d)
	h.want(f.Attempts == t.attempts, ruleParked, "It counts %d attempts, there were %d.", f.Attempts, t.attempts)
	h.want(f.Error == t.lastError, ruleParked, "It tells of the error %.80q, the last one was %.80q.", f.Error, t.lastError)
	h.parked, h.parkedAt, h.parkedDir, h.parkedFor = true, i, d, saga.ParkReason(f.Reason)
}

func (h *history) mayPark(i int, d saga.Direction, reason saga.ParkReason, owed debt) bool {
	after := owed.step == i && owed.dir == d && owed.kind != oweNothing // right after an outcome of this very step
	failed := after && owed.kind == oweSequel
	switch reason {
	case saga.ParkedRetriesUsedUp:
		gaveUp := failed && !owed.permanent && h.exhausted(owed)
		return (gaveUp || h.givesUp(i, d, owed)) && (d == saga.Compensation || h.tooLate() && !h.isPivot(i))
	case saga.ParkedPermanentError:
		return failed && owed.permanent && (d == saga.Compensation || h.tooLate() && !h.isPivot(i))
	case saga.ParkedPivotUnknown:
		gaveUp := failed && (owed.permanent || h.exhausted(owed))
		return (gaveUp || h.givesUp(i, d, owed)) && d == saga.Action && h.isPivot(i) && h.steps[i].unknown
	case saga.ParkedInterrupted:
		return after && owed.kind == oweParking
	case saga.ParkedLateSuccess:
		s := &h.steps[i]
		return d == saga.Compensation && s.compensated && s.blind && s.succeeded &&
			(owed.kind == oweNothing || owed.kind == oweLateness)
	case saga.ParkedStillRunning:
		return owed.kind == oweNothing && (h.standsAt(i, d) || h.track(i, d).open)
	case saga.ParkedStepMissing:
		return owed.kind == oweNothing && h.standsAt(i, d)
	}
	return false
}

// givesUp reports whether a saga that waits at a step finds that nothing more is to be tried there.
func (h *history) givesUp(i int, d saga.Direction, owed debt) bool {
	turn := d == saga.Compensation || !h.turning() && h.nextBranch() == i
	return owed.kind == oweNothing && h.standsAt(i, d) && turn && h.givenUp(i, d)
}

func (h *history) isPivot(i int) bool { return h.def.plan.Steps[i].Kind == saga.KindPivot }

// redriven looks at a StepRedriven, which lets a parked saga go on.
func (h *history) redriven(i int) {
	f := h.fact
	d := f.Direction
	h.wantParkedAt(i, d, "redriven")
	h.want(f.SeenRevision != nil, ruleParked, "The operator does not say what they saw.")
	h.signed()
	h.parked = false
	h.permitAll()
	t, s := h.track(i, d), &h.steps[i]
	t.used, t.interruptions, t.base, t.final = 0, 0, t.attempts, false
	t.asked, t.askOnly, t.refused = false, false, false
	t.due, t.total = time.Time{}, time.Time{}
	if d == saga.Compensation && s.compensated && s.blind && s.succeeded {
		s.compensated = false
		s.rounds++
		h.again = append(h.again, i)
	}
}
