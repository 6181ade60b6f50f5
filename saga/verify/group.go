package verify

import (
	"slices"

	"github.com/skaldgo/skald/saga"
)

// stage is the steps that may be under way together, from the first one to before the last one, and how many attempts of
// them may be open at once: the branches of a group, or a step alone.
type stage struct{ from, to, limit int }

func (s stage) has(i int) bool { return s.from <= i && i < s.to }

// arrange finds the stages of a plan, and what is wrong with its groups.
func (d *definition) arrange() {
	limits := map[string]int{}
	for _, group := range d.plan.Groups {
		_, twice := limits[group.Name]
		_, taken := d.index[group.Name]
		if twice || taken || group.Name == "" || group.Limit < 0 {
			d.fault("group %q has no name of its own, or the limit %d", group.Name, group.Limit)
		}
		limits[group.Name] = group.Limit
	}
	steps := d.plan.Steps
	d.stages = make([]stage, len(steps))
	for from := 0; from < len(steps); {
		name, to := steps[from].Group, from+1
		for name != "" && to < len(steps) && steps[to].Group == name {
			to++
		}
		s := stage{from, to, to - from}
		if limit, known := limits[name]; known && limit > 0 {
			s.limit = min(limit, s.limit)
		} else if name != "" && !known {
			d.fault("step %s is a branch of %q, which is no group, or its branches do not stand side by side", steps[from].Name, name)
		}
		delete(limits, name)
		d.checkBranches(name, steps[from:to])
		for i := from; i < to; i++ {
			d.stages[i] = s
		}
		from = to
	}
	if len(limits) > 0 {
		d.fault("%d of its groups have no branches", len(limits))
	}
}

// checkBranches demands that the point of no return is not within a group.
func (d *definition) checkBranches(group string, branches []saga.PlannedStep) {
	has := func(kind saga.Kind) bool {
		return slices.ContainsFunc(branches, func(s saga.PlannedStep) bool { return s.Kind == kind })
	}
	undo := slices.ContainsFunc(branches, func(s saga.PlannedStep) bool { return undoable(&s) })
	if group != "" && (has(saga.KindPivot) || undo && has(saga.KindRetriable)) {
		d.fault("the point of no return is within group %q", group)
	}
}

// hasEffect reports whether there may be something to undo of a step.
func (d *definition) hasEffect(i int) bool {
	kind := d.plan.Steps[i].Kind
	return kind != saga.KindReadOnly && kind != saga.KindAwait
}

// stage returns the steps at which the saga stands, or stood, on its way forward; none when all have succeeded.
func (h *history) stage() stage {
	if h.active >= len(h.steps) {
		return stage{}
	}
	return h.def.stages[h.active]
}

// limit returns how many attempts may be open where the saga stands.
func (h *history) limit() int {
	if h.turned {
		return 1
	}
	return h.stage().limit
}

// standsAt reports whether the saga stands at a step in a direction: it is what has to happen next, or one of those.
func (h *history) standsAt(i int, d saga.Direction) bool {
	if h.turned {
		return d == saga.Compensation && i == h.target()
	}
	return d == saga.Action && h.stage().has(i) && !h.steps[i].passed()
}

// done reports whether nothing is left to do.
func (h *history) done() bool {
	if h.turned {
		return h.target() < 0
	}
	return h.active >= len(h.steps)
}

// nextBranch returns the step whose attempt is to be started first of those that are due, or -1.
func (h *history) nextBranch() int {
	s := h.stage()
	for i := s.from; i < s.to; i++ {
		t := &h.steps[i].action
		if !h.steps[i].passed() && !t.open && !h.def.waits(i) && !t.due.After(h.fact.at) {
			return i
		}
	}
	return -1
}

// checkTurn demands that there is room for one more attempt, and that it is the turn of the step.
func (h *history) checkTurn(i int) {
	if limit := h.stage().limit; h.runs >= limit {
		h.broken(ruleGroup, "It starts while %d attempts are open, and the limit is %d.", h.runs, limit)
		return
	}
	if next := h.nextBranch(); next >= 0 && next < i {
		h.broken(ruleGroup, "Step %s starts before %s, which is due.", h.fact.Step, h.def.name(next))
	}
}

// anyOpen returns a step with an open attempt, or -1.
func (h *history) anyOpen() int {
	return slices.IndexFunc(h.steps, func(s stepHistory) bool { return s.action.open || s.undo.open })
}

// stepGivenUp looks at a StepGivenUp: a branch has failed for good while others run, or owe their probe.
func (h *history) stepGivenUp(i int, owed debt) {
	h.want(!h.turned && !h.turning() && !h.halted(), ruleCause, "Step %s is given up, and the saga does not go on anyway.", h.fact.Step)
	h.want(h.runs > 0 || h.owing() >= 0, ruleCause, "Step %s is given up while no other branch runs.", h.fact.Step)
	h.want(!h.owesProbe(i), ruleCause, "The probe of %s is not asked before.", h.fact.Step)
	h.checkLate(owed)
	h.checkCause(i, owed)
	h.gaveUp, h.gaveUpAt, h.gaveUpFor = true, i, h.fact.Reason
	if h.def.waits(i) || h.runs == 0 && h.owing() >= 0 {
		h.goesOn() // to the other waits
	}
}

// turnGivenUp looks at the CompensationRequested of a saga of which a branch was given up.
func (h *history) turnGivenUp() {
	f, at := h.fact, h.def.name(h.gaveUpAt)
	h.want(f.FailedStep == at && f.Reason == h.gaveUpFor, ruleCause,
		"It turns round at %q for %.80q, and %s was given up for %.80q.", f.FailedStep, f.Reason, at, h.gaveUpFor)
	h.want(h.runs == 0, ruleCause, "It turns round while an attempt of %s is open.", h.def.name(h.anyOpen()))
}
