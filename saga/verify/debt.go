package verify

import "github.com/skaldgo/skald/saga"

// paidBy reports whether an event of a type can be what is owed.
func (d debt) paidBy(kind string) bool {
	switch d.kind {
	case oweSequel:
		switch kind {
		case saga.TypeSagaParked:
			return true
		case saga.TypeStepRetryScheduled, saga.TypeCompensationRequested:
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
	case oweNothing:
	}
	return true
}

func (d debt) String() string {
	switch d.kind {
	case oweSequel:
		if d.dir == saga.Compensation {
			return "a retry or SagaParked"
		}
		return "a retry, CompensationRequested or SagaParked"
	case oweParking, oweLateness:
		return "SagaParked"
	case oweEnd:
		return "the end of the saga"
	case oweTurn:
		return "CompensationRequested"
	case oweNothing:
	}
	return "anything"
}

// oweIfDone notes what follows when a success leaves nothing to do, or came too late.
func (h *history) oweIfDone() {
	if h.parked {
		return
	}
	if i := h.overlooked(); h.turned && i >= 0 {
		h.owed = debt{kind: oweLateness, step: i, dir: saga.Compensation}
		return
	}
	switch i, _ := h.current(); {
	case h.mustTurn():
		h.owed = debt{kind: oweTurn}
	case i < 0:
		h.owed = debt{kind: oweEnd}
	}
}

// atRest looks at a saga at the end of the log.
func (h *history) atRest() {
	h.want(h.owed.kind == oweNothing, ruleFollows, "The log ends where %s was to follow.", h.owed)
}
