package verify

import (
	"slices"
	"time"

	"github.com/skaldgo/skald/saga"
)

// maxInterruptions is how often a step may be interrupted before the saga is parked.
const maxInterruptions = 5

// close ends the open attempt, which must be the one that the event names.
func (h *history) close(i int, d saga.Direction) {
	f, t := h.fact, h.track(i, d)
	if !t.open || t.attempts != f.Attempt {
		h.broken(rule(d, ruleOutcome), "%s is about attempt %d of %s, which is not open.", f.kind, f.Attempt, f.Step)
		return
	}
	h.checkChildEnd(i, d)
	h.shut(i, d)
}

// shut ends the open attempt, or wait, of a step.
func (h *history) shut(i int, d saga.Direction) {
	h.track(i, d).open = false
	if !(d == saga.Action && h.def.waits(i)) {
		h.runs--
	}
}

func (h *history) stepCompleted(i int, owed debt) {
	f, s := h.fact, &h.steps[i]
	h.checkWaited(i, owed)
	h.want(!s.succeeded, ruleOnce, "Step %s succeeds once more.", f.Step)
	if f.Late {
		h.want(slices.Contains(s.lost, f.Attempt), ruleOutcome, "Attempt %d of %s was not given up.", f.Attempt, f.Step)
		if s.action.open {
			h.shut(i, saga.Action) // it is no use any more, and its own outcome will be no news
		}
	} else {
		h.close(i, saga.Action)
	}
	h.succeed(i)
	h.goesOn()
}

func (h *history) compensationCompleted(i int) {
	h.close(i, saga.Compensation)
	h.steps[i].compensated = true
	h.goesOn()
}

func (h *history) attemptFailed(i int, d saga.Direction) {
	f := h.fact
	h.want(d == saga.Compensation || !h.def.waits(i), ruleSignal, "Step %s waits, and fails.", f.Step)
	h.close(i, d)
	if d == saga.Action && !f.Permanent {
		h.steps[i].unknown = true
	}
	h.track(i, d).failedWith(f.Error)
	h.track(i, d).refused = h.track(i, d).refused || f.Permanent
	h.oweSequel(debt{kind: oweSequel, step: i, dir: d, permanent: f.Permanent, at: f.at, from: f.at})
}

func (h *history) timedOut(i int, d saga.Direction) {
	f, t := h.fact, h.track(i, d)
	h.want(!f.at.Before(t.deadline), ruleClock, "It times out at %s, before its deadline %s.", f.at, t.deadline)
	if d == saga.Action && h.def.waits(i) {
		h.checkLapse(i)
	}
	h.lose(i, d)
	t.failedWith("timed out")
	h.oweSequel(debt{kind: oweSequel, step: i, dir: d, at: f.at, from: t.deadline})
}

func (h *history) interrupted(i int, d saga.Direction) {
	t := h.track(i, d)
	h.want(d == saga.Compensation || !h.def.waits(i), ruleSignal, "Step %s waits, and is interrupted.", h.fact.Step)
	h.lose(i, d)
	t.interruptions++
	if t.probe == saga.ProbeOnly {
		t.asked = t.interruptions >= maxInterruptions
	} else {
		t.lastError = "interrupted"
		if h.fact.Attempt > t.base {
			t.used--
		}
	}
	sequel := debt{step: i, dir: d}
	if t.interruptions >= maxInterruptions {
		sequel.kind = oweParking
	} else {
		t.permit = true
	}
	h.oweSequel(sequel)
}

// lose ends an attempt of which nobody knows what it did.
func (h *history) lose(i int, d saga.Direction) {
	h.close(i, d)
	if d == saga.Action {
		h.steps[i].unknown = true
		if !h.def.waits(i) {
			h.steps[i].lost = append(h.steps[i].lost, h.fact.Attempt)
		}
	}
}

// oweSequel notes what is to follow. While the saga is parked or paused nothing does, until an operator lets it go on; while it is
// about to turn round nothing does, until no attempt is open.
func (h *history) oweSequel(d debt) {
	forward := d.dir == saga.Action
	switch {
	case h.halted():
		h.postpone(d)
	case forward && h.becomesOverdue():
		d.overdue = true
		h.owed = d
	case forward && h.mustTurn():
		h.owed = debt{kind: oweTurn}
	case forward && h.turning():
		h.postpone(d)
		if h.def.waits(d.step) {
			h.goesOn() // to the other waits
		}
	case d.kind == oweNothing:
		h.goesOn()
	default:
		h.owed = d
	}
}

// postpone notes what follows from a failure when the saga goes on all the same: an operator lets it, or gives it time.
func (h *history) postpone(d debt) {
	if t := h.track(d.step, d.dir); d.kind == oweSequel {
		t.final = d.permanent || t.asked || t.used >= h.def.policy(d.step, d.dir).MaximumAttempts
	}
}

// exhausted reports whether no further attempt is allowed after a failure: the attempts are used up, or the retry could
// have been due only after the time for all attempts.
func (h *history) exhausted(owed debt) bool {
	t, policy := h.track(owed.step, owed.dir), h.def.policy(owed.step, owed.dir)
	if t.asked || t.askOnly || t.used >= policy.MaximumAttempts {
		return true
	}
	latest := owed.from.Add(interval(policy, t.used)).Truncate(time.Millisecond)
	return !t.total.IsZero() && !(owed.at.Before(t.total) && latest.Before(t.total))
}

// spent reports whether no further attempt is allowed, by the policy or because the last one was refused for good.
func (h *history) spent(i int, d saga.Direction) bool {
	t := h.track(i, d)
	return t.final || t.refused || t.used > 0 && t.used >= h.def.policy(i, d).MaximumAttempts
}

// givenUp reports whether nothing more is to be tried at a step where no attempt is open: the last one failed, or the time
// for all of them passed, while the saga could not act on it.
func (h *history) givenUp(i int, d saga.Direction) bool {
	t := h.track(i, d)
	return !t.open && h.runs < h.limit() && t.permit && (h.spent(i, d) || !t.total.IsZero() && !h.fact.at.Before(t.total))
}

// retryScheduled looks at when the next attempt is due.
func (h *history) retryScheduled(i int, d saga.Direction, owed debt) {
	f, t, policy := h.fact, h.track(i, d), h.def.policy(i, d)
	if f.Probe == saga.ProbeOnly {
		h.probeScheduled(i, owed)
		return
	}
	h.want(d == saga.Compensation || !h.turned, ruleTurned, "Step %s is to be retried.", f.Step)
	h.want(!h.halted(), ruleParked, "Step %s is to be retried while the saga is parked or paused.", f.Step)
	r := rule(d, ruleRetry)
	if owed.kind != oweSequel || owed.step != i || owed.dir != d {
		h.broken(r, "No failure of %s is right before it.", f.Step)
		t.permit, t.due = true, f.Due
		return
	}
	h.want(!owed.permanent && !t.asked, rule(d, ruleAttempts), "The failure of %s was final.", f.Step)
	h.want(f.Attempt == t.attempts+1, r, "Attempt %d is scheduled behind attempt %d.", f.Attempt, t.attempts)
	h.want(t.used < policy.MaximumAttempts, rule(d, ruleAttempts), "%d of %d attempts are used.",
		t.used, policy.MaximumAttempts)
	longest := interval(policy, t.used)
	tolerance := time.Millisecond + longest/1e9 // instants are cut to milliseconds, intervals grow in floating point
	earliest, latest := owed.from.Add(longest-longest/4-tolerance), owed.from.Add(longest+tolerance)
	h.want(!f.Due.Before(earliest) && !f.Due.After(latest), r, "It is due %s after %s, the policy says %s.",
		f.Due.Sub(owed.from), owed.from, longest)
	h.want(t.total.IsZero() || f.Due.Before(t.total) && owed.at.Before(t.total), r,
		"It is due at %s, all attempts are to end by %s.", f.Due, t.total)
	t.permit, t.due = true, f.Due
	h.goesOn()
}
