package verify

import (
	"slices"
	"strings"

	"github.com/skaldgo/skald/saga"
)

// turn looks at a CompensationRequested: its cause, that there is a way back, and its plan.
func (h *history) turn(owed debt) {
	f := h.fact
	h.want(!h.halted(), ruleParked, "The saga turns round while it is parked or paused.")
	owing := h.owing()
	h.want(owing < 0, ruleCause, "The probe of %s is not asked before.", h.def.name(owing))
	if h.turned {
		h.broken(ruleCause, "It had turned round before.")
		return
	}
	h.checkLate(owed)
	switch i, ok := h.def.index[f.FailedStep]; {
	case h.gaveUp:
		h.turnGivenUp()
	case ok:
		h.turnAt(i, owed)
	case f.FailedStep == "":
		h.turnUnwanted()
	default:
		h.broken(ruleDefinition, "The plan has no step %q.", f.FailedStep)
		return
	}
	h.undo = h.undo[:0]
	for _, name := range f.Plan {
		if j, ok := h.def.index[name]; ok {
			h.undo = append(h.undo, j)
		} else {
			h.broken(ruleDefinition, "The plan has no step %q.", name)
		}
	}
	h.checkPlan()
	h.turned, h.failed, h.reason = true, f.FailedStep, f.Reason
	h.stopWaiting()
	h.goesOn()
}

// turnAt looks at the step whose failure turns the saga round.
func (h *history) turnAt(i int, owed debt) {
	f := h.fact
	h.want(!h.toUndo(), ruleCancel, "It turns round at %s, and was to be undone before.", f.FailedStep)
	h.want(h.runs == 0, ruleCause, "It turns round while an attempt of %s is open.", h.def.name(h.anyOpen()))
	h.checkCause(i, owed)
}

// checkCause demands that a step has failed for good, and that the saga can turn round because of that.
func (h *history) checkCause(i int, owed debt) {
	f, name := h.fact, h.def.name(i)
	h.want(h.standsAt(i, saga.Action), ruleCause, "The saga stands at %s.", h.def.name(h.active))
	switch {
	case owed.kind == oweSequel && owed.step == i && owed.dir == saga.Action:
		h.want(owed.permanent || h.exhausted(owed), ruleCause, "Step %s has attempts left.", name)
	case owed.kind == oweNothing:
		h.want(h.nextBranch() == i && h.givenUp(i, saga.Action), ruleCause, "Step %s did not fail right before it.", name)
	}
	h.want(strings.Contains(f.Reason, h.steps[i].action.lastError), ruleCause,
		"It tells of %.80q, the last error was %.80q.", f.Reason, h.steps[i].action.lastError)
	h.want(!h.tooLate() && !(h.isPivot(i) && h.steps[i].unknown), rulePivot, "It turns round at %s.", name)
}

// checkPlan compares the plan with the steps that started, have an effect, and may have happened, last started first.
func (h *history) checkPlan() {
	var want []int
	for i := range h.steps {
		s, step := &h.steps[i], &h.def.plan.Steps[i]
		may := s.unknown || s.succeeded || step.CompensateOnFailure
		if s.order > 0 && undoable(step) && may {
			want = append(want, i)
		}
	}
	slices.SortFunc(want, func(a, b int) int { return h.steps[b].order - h.steps[a].order })
	if slices.Equal(want, h.undo) {
		return
	}
	names := func(list []int) []string {
		var n []string
		for _, i := range list {
			n = append(n, h.def.name(i))
		}
		return n
	}
	broken := ruleUndoSet
	if sameSet(want, h.undo) {
		broken = ruleReverse
	}
	h.broken(broken, "The plan is %v and should be %v.", names(h.undo), names(want))
}

func sameSet(a, b []int) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// completed looks at the end of a saga that goes forward.
func (h *history) completed(owed debt) {
	h.checkLate(owed)
	h.want(!h.turned, ruleEnd, "It completes after it has turned round.")
	h.want(h.active == len(h.steps), ruleEnd, "It completes without %s.", h.def.name(h.active))
	h.conclude(true)
}

// ended looks at the end of a saga that goes back.
func (h *history) ended() {
	f := h.fact
	h.want(h.turned, ruleEnd, "It fails without having turned round.")
	if i := h.target(); i >= 0 {
		h.broken(ruleEnd, "It fails before %s is compensated.", h.def.name(i))
	}
	if i := h.overlooked(); i >= 0 {
		h.broken(ruleEnd, "It fails although %s was found to have happened after its compensation.", h.def.name(i))
	}
	h.want(f.FailedStep == h.failed && f.Reason == h.reason, ruleEnd,
		"It fails for %q at %q, and turned round for %q at %q.", f.Reason, f.FailedStep, h.reason, h.failed)
	h.conclude(false)
}

// conclude ends the saga, and keeps of it only what news could still be about.
func (h *history) conclude(succeeded bool) {
	h.want(!h.halted(), ruleParked, "It ends while it is parked or paused.")
	if h.pass.books != nil {
		h.pass.books.settle(h, succeeded)
	}
	h.keepLost()
	h.leave()
}

// keepLost keeps the attempts of a saga that has ended which may yet turn out to have succeeded.
func (h *history) keepLost() {
	for i := range h.steps {
		if s := &h.steps[i]; !s.succeeded {
			for _, attempt := range s.lost {
				h.stream.lost = append(h.stream.lost, lostAttempt{step: h.def.name(i), attempt: attempt})
			}
		}
	}
}

func (h *history) leave() {
	h.stream.ended, h.stream.saga = true, nil
	delete(h.pass.open, h.stream.name)
}
