package verify

import "github.com/skaldgo/skald/saga"

// owesProbe reports whether the probe of a step is to be asked before the step is given up.
func (h *history) owesProbe(i int) bool {
	s := &h.steps[i]
	return !h.turned && h.def.plan.Steps[i].Probe && s.unknown && !s.passed() && !s.action.open && !s.action.asked
}

// owing returns a step at which the saga stands whose probe is to be asked before the saga turns round, or -1.
func (h *history) owing() int {
	s := h.stage()
	for i := s.from; i < s.to; i++ {
		if h.owesProbe(i) {
			return i
		}
	}
	return -1
}

// checkProbe computes what the attempt that starts has to do with the probe of its step.
func (h *history) checkProbe(i int, d saga.Direction, t *trackHistory) {
	want := saga.NoProbe
	switch {
	case d == saga.Compensation || !h.def.plan.Steps[i].Probe || !h.steps[i].unknown:
	case h.owesProbe(i) && (t.askOnly || h.turning()):
		want = saga.ProbeOnly
	default:
		want = saga.ProbeFirst
	}
	h.want(h.fact.Probe == want, rule(d, ruleAttempts), "It asks its probe %q, and should %q.", h.fact.Probe, want)
	h.want(!t.askOnly || want == saga.ProbeOnly, rule(d, ruleAttempts), "Attempt %d follows that of the probe.", h.fact.Attempt)
}

// probeScheduled looks at the schedule of an attempt that only asks: it comes in place of giving the step up.
func (h *history) probeScheduled(i int, owed debt) {
	f, t := h.fact, h.track(i, saga.Action)
	h.want(!h.turned, ruleTurned, "Step %s is to be asked for.", f.Step)
	h.want(h.owesProbe(i), ruleAttempts, "Nothing is to be asked of %s.", f.Step)
	after := owed.kind == oweSequel && owed.step == i && owed.dir == saga.Action && (owed.permanent || h.exhausted(owed))
	h.want(after || h.givesUp(i, saga.Action, owed), ruleAttempts, "Step %s is not to be given up.", f.Step)
	h.want(f.Attempt == t.attempts+1 && !f.Due.After(f.at), ruleRetry, "Attempt %d asks at %s, behind attempt %d.",
		f.Attempt, f.Due, t.attempts)
	t.permit, t.due, t.askOnly = true, f.Due, true
	h.goesOn()
}

// failedWith keeps why an attempt has failed. One that only asked is not why the step did.
func (t *trackHistory) failedWith(why string) {
	if t.probe == saga.ProbeOnly {
		t.asked = true
		return
	}
	t.lastError = why
}
