package verify

import (
	"time"

	"github.com/skaldgo/skald/saga"
)

// debt is what the event at hand obliges the next one to be, because both belong to one append.
type debt struct {
	kind      debtKind
	step      int
	dir       saga.Direction
	permanent bool
	overdue   bool      // SagaOverdue is to come first
	at        time.Time // of the outcome
	from      time.Time // when the attempt ended
}

type debtKind uint8

const (
	oweNothing  debtKind = iota
	oweSequel            // a retry, the turn or parking, after a failure
	oweParking           // too many interruptions
	oweLateness          // parking, because a success became known after the compensation
	oweEnd               // the end of the saga
	oweTurn              // the way back, of a saga that is to be undone
	oweOverdue           // that the deadline of the saga has passed
	oweWait              // the begin of a wait, or its end
)

// paidBy reports whether an event of a type can be what is owed.
func (d debt) paidBy(kind string) bool {
	if d.overdue {
		return kind == saga.TypeSagaOverdue
	}
	switch d.kind {
	case oweSequel:
		switch kind {
		case saga.TypeSagaParked:
			return true
		case saga.TypeStepRetryScheduled, saga.TypeCompensationRequested, saga.TypeStepGivenUp:
			return d.dir == saga.Action
		case saga.TypeCompensationRetryScheduled:
			return d.dir == saga.Compensation
		}
		return false
	case oweParking, oweLateness:
		return kind == saga.TypeSagaParked
	case oweEnd:
		return kind == saga.TypeSagaCompleted || kind == saga.TypeSagaFailed
	case oweTurn:
		return kind == saga.TypeCompensationRequested
	case oweOverdue:
		return kind == saga.TypeSagaOverdue
	case oweWait:
		return kind == saga.TypeStepStarted || kind == saga.TypeStepCompleted || kind == saga.TypeStepTimedOut
	case oweNothing:
	}
	return true
}

func (d debt) String() string {
	if d.overdue {
		return "SagaOverdue"
	}
	switch d.kind {
	case oweSequel:
		if d.dir == saga.Compensation {
			return "a retry or SagaParked"
		}
		return "a retry, CompensationRequested, StepGivenUp or SagaParked"
	case oweParking, oweLateness:
		return "SagaParked"
	case oweEnd:
		return "the end of the saga"
	case oweTurn:
		return "CompensationRequested"
	case oweOverdue:
		return "SagaOverdue"
	case oweWait:
		return "the begin or the end of a wait"
	case oweNothing:
	}
	return "anything"
}

// pays reports whether the event at hand is what is owed. Where a wait is to end and the saga to turn round, a probe that is
// asked before the turn may come first.
func (h *history) pays(owed debt) bool {
	f := h.fact
	if !owed.paidBy(f.kind) || owed.overdue || owed.kind != oweWait || f.Step == h.def.name(owed.step) {
		return owed.paidBy(f.kind)
	}
	i, known := h.def.index[f.Step]
	return known && f.kind == saga.TypeStepStarted && h.turning() && h.runs == 0 && h.owesProbe(i)
}

// goesOn notes what follows from the event at hand without anybody's doing, and in which order.
func (h *history) goesOn() {
	if h.halted() {
		return
	}
	late := -1
	if h.turned {
		late = h.overlooked()
	}
	switch {
	case late >= 0:
		h.owed = debt{kind: oweLateness, step: late, dir: saga.Compensation}
	case h.becomesOverdue():
		h.owed = debt{kind: oweOverdue}
	case h.mustTurn():
		h.owed = debt{kind: oweTurn}
	default:
		if wait := h.attention(); wait >= 0 {
			h.owed = debt{kind: oweWait, step: wait}
		} else if h.done() {
			h.owed = debt{kind: oweEnd}
		}
	}
}

// atRest looks at a saga at the end of the log.
func (h *history) atRest() {
	h.want(h.owed.kind == oweNothing && !h.owed.overdue, ruleFollows, "The log ends where %s was to follow.", h.owed)
}
