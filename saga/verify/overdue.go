package verify

import (
	"fmt"
	"time"
)

// limited looks at the deadline with which a saga was started.
func (h *history) limited(deadline time.Time) {
	h.deadline = time.Time{}
	if limit := h.def.plan.DeadlineMS; limit > 0 {
		h.deadline = h.fact.at.Add(span(float64(limit))).Truncate(time.Millisecond)
	}
	if !deadline.Equal(h.deadline) {
		h.broken(ruleDeadline, "The saga is to end by %s, and should by %s.", deadline, h.deadline)
	}
}

// extended looks at a DeadlineExtended: the saga has another deadline from then on, and one that had passed has not.
func (h *history) extended() {
	f := h.fact
	h.want(!h.turned && f.Deadline.After(f.at), ruleDeadline, "Its deadline is to be %s, at %s.", f.Deadline, f.at)
	h.signed()
	if h.overdue { // what failed while it was to turn round was not followed by anything
		h.permitAll()
	}
	h.deadline, h.overdue = f.Deadline, false
}

// becomesOverdue reports whether the deadline of the saga has passed on its way forward, and nothing has told of it.
func (h *history) becomesOverdue() bool {
	return !h.deadline.IsZero() && !h.overdue && !h.turned && !h.halted() && !h.fact.at.Before(h.deadline)
}

// checkLate demands that an event which the saga comes to by itself does not pass over its deadline.
func (h *history) checkLate(owed debt) {
	if owed.kind == oweNothing && h.becomesOverdue() {
		h.broken(ruleOverdue, "It goes on past its deadline, %s, and nothing tells of that.", h.deadline)
	}
}

// becameOverdue looks at a SagaOverdue, and lets follow what it came before.
func (h *history) becameOverdue(owed debt) {
	f := h.fact
	h.want(h.becomesOverdue() && f.Deadline.Equal(h.deadline), ruleOverdue,
		"The deadline %s of a saga that is to end by %s passes at %s.", f.Deadline, h.deadline, f.at)
	h.overdue = true
	if owed.overdue {
		owed.overdue = false
		h.oweSequel(owed)
		return
	}
	h.goesOn()
}

// unwanted reports whether somebody or the deadline wants the saga undone.
func (h *history) unwanted() bool { return h.cancelled != "" || h.overdue }

func (h *history) whyUnwanted() string {
	if h.cancelled != "" {
		return h.cancelled
	}
	return fmt.Sprintf("the deadline of the saga passed at %s", h.deadline.UTC().Format(time.RFC3339Nano))
}

// toUndo reports whether the saga is unwanted and can be undone, as soon as no attempt is open.
func (h *history) toUndo() bool {
	return h.unwanted() && !h.turned && !h.tooLate() && !h.pivotUnknown()
}

// turning reports whether the saga turns round as soon as no attempt is open.
func (h *history) turning() bool { return !h.turned && h.gaveUp || h.toUndo() }

// mustTurn reports whether the saga is to turn round and nothing stands in the way of that.
func (h *history) mustTurn() bool {
	return h.runs == 0 && !h.halted() && h.turning() && h.owing() < 0
}
