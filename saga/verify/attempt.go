package verify

import (
	"slices"
	"strconv"
	"time"

	"github.com/skaldgo/skald/saga"
)

// rule returns the rule for a direction: what holds for actions in several rules holds for compensations in one.
func rule(d saga.Direction, ofActions string) string {
	if d == saga.Compensation {
		return ruleUndoTries
	}
	return ofActions
}

func (h *history) stepStarted(i int) {
	f, s := h.fact, &h.steps[i]
	only := f.Probe == saga.ProbeOnly
	h.want(!h.turned && (!h.gaveUp || only), ruleTurned, "Step %s starts.", f.Step)
	h.want(!h.toUndo() || only, ruleCancel, "Step %s starts in a saga that is to be undone.", f.Step)
	h.checkLate(debt{})
	switch {
	case s.succeeded:
		h.broken(ruleOnce, "Step %s starts after its success.", f.Step)
	case s.skipped:
		h.broken(ruleForward, "Step %s starts after it was skipped.", f.Step)
	case !h.stage().has(i):
		h.broken(ruleForward, "Step %s starts before %s has succeeded.", f.Step, h.def.name(h.active))
	case s.action.open:
		h.broken(ruleAttempts, "It starts while an attempt of %s is open.", f.Step)
	case h.turned || h.gaveUp || only:
	case h.def.waits(i):
		h.want(h.attention() == i, ruleSignal, "Step %s begins to wait when it is the turn of %s.", f.Step, h.def.name(h.attention()))
	default:
		h.checkTurn(i)
	}
	h.started(i, saga.Action, 0)
	if s.order == 0 {
		h.orders++
		s.order = h.orders
	}
	if h.def.waits(i) {
		h.goesOn()
	}
}

func (h *history) compensationStarted(i int) {
	f, s := h.fact, &h.steps[i]
	h.want(h.runs == 0, ruleReverse, "It starts while an attempt of %s is open.", h.def.name(h.anyOpen()))
	switch target := h.target(); {
	case !h.turned:
		h.broken(ruleCause, "Step %s is compensated in a saga that has not turned round.", f.Step)
	case i == target:
	case s.compensated:
		h.broken(ruleUndoOnce, "Step %s had been compensated before.", f.Step)
	case h.planned(i):
		h.broken(ruleReverse, "Step %s is compensated when it is the turn of %s.", f.Step, h.def.name(target))
	default:
		h.broken(ruleUndoSet, "Step %s is compensated, and is not one of those to compensate.", f.Step)
	}
	if late := h.overlooked(); late >= 0 {
		h.broken(ruleParked, "It goes on although %s was found to have happened after its compensation.", h.def.name(late))
	}
	h.want(f.ResultKnown == s.succeeded, ruleReverse, "Its result is given: %t, known: %t.", f.ResultKnown, s.succeeded)
	h.started(i, saga.Compensation, s.rounds)
	s.blind, s.compensated = !f.ResultKnown, false
}

func (h *history) planned(i int) bool {
	return slices.Contains(h.undo, i)
}

// started looks at what holds for the start of every attempt.
func (h *history) started(i int, d saga.Direction, rounds int) {
	f, t := h.fact, h.track(i, d)
	h.want(!h.halted(), ruleParked, "An attempt of %s starts while the saga is parked or paused.", f.Step)
	h.want(f.Attempt == t.attempts+1, rule(d, ruleAttempts), "Attempt %d follows attempt %d.", f.Attempt, t.attempts)
	h.checkProbe(i, d, t)
	h.want(t.attempts == 0 || t.permit || f.Probe == saga.ProbeOnly, rule(d, ruleAttempts), "Attempt %d has no cause.", f.Attempt)
	h.want(!h.spent(i, d) || f.Probe == saga.ProbeOnly, rule(d, ruleAttempts), "Attempt %d follows the last one that the policy allows.", f.Attempt)
	h.want(!f.at.Before(t.due) || f.Probe == saga.ProbeOnly, ruleClock, "It starts at %s and is due at %s.", f.at, t.due)
	h.checkKey(f.Step, d, rounds)
	h.checkDeadline(i, d, t)
	t.attempts, t.permit, t.due = f.Attempt, false, time.Time{}
	if t.probe, t.asked = f.Probe, false; f.Probe != saga.ProbeOnly {
		t.used++
	}
	t.deadline, t.total = f.Deadline, f.TotalDeadline
	if !t.open && !(d == saga.Action && h.def.waits(i)) {
		h.runs++
	}
	t.open = true
	if h.pass.books != nil {
		h.pass.books.request(f.Key)
	}
}

// checkKey compares a key with name/id/step/direction, and /2, /3 and so on when the step is compensated once more.
func (h *history) checkKey(step string, d saga.Direction, rounds int) {
	var space [128]byte
	want := append(append(space[:0], h.ref.Name...), '/')
	want = append(append(want, h.ref.ID...), '/')
	want = append(append(want, step...), '/')
	if d == saga.Compensation {
		want = append(want, "compensation"...)
	} else {
		want = append(want, "action"...)
	}
	if rounds > 0 {
		want = strconv.AppendInt(append(want, '/'), int64(rounds)+1, 10)
	}
	if string(want) != h.fact.Key {
		h.broken(ruleKey, "The key is %q and should be %q.", h.fact.Key, want)
	}
}

// checkDeadline computes both deadlines of an attempt. Instants are cut to whole milliseconds.
func (h *history) checkDeadline(i int, d saga.Direction, t *trackHistory) {
	f, policy := h.fact, h.def.policy(i, d)
	total := t.total
	only := f.Probe == saga.ProbeOnly // which the time for all attempts does not limit
	if total.IsZero() && policy.TotalTimeoutMS > 0 && !only {
		total = f.at.Add(span(float64(policy.TotalTimeoutMS))).Truncate(time.Millisecond)
	}
	h.want(f.TotalDeadline.Equal(total), ruleDeadline,
		"All attempts are to end by %s, and should by %s.", f.TotalDeadline, total)
	h.want(total.IsZero() || f.at.Before(total) || only, ruleDeadline, "It starts after the time for all attempts, %s.", total)
	deadline := f.at.Add(span(float64(policy.TimeoutMS))).Truncate(time.Millisecond)
	if policy.TimeoutMS == 0 && h.def.waits(i) {
		deadline = time.Time{}
	}
	if !total.IsZero() && deadline.After(total) && !only {
		deadline = total
	}
	h.want(f.Deadline.Equal(deadline), ruleDeadline, "The deadline is %s and should be %s.", f.Deadline, deadline)
}
