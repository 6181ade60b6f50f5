package verify

import (
	"fmt"
	"slices"

	"github.com/skaldgo/skald/saga"
)

// operated takes in what an operator did to the saga as a whole, and reports whether the event at hand tells of that.
func (h *history) operated() bool {
	switch h.fact.kind {
	case saga.TypeSagaCancelRequested:
		h.cancelRequested()
	case saga.TypeSagaTerminated:
		h.terminated()
	case saga.TypeSagaPaused:
		h.pausedBy()
	case saga.TypeDeadlineExtended:
		h.extended()
	case saga.TypeRetryPolicyChanged:
		h.retryPolicyChanged()
	case saga.TypeSagaResumed:
		h.resumed()
	default:
		return false
	}
	return true
}

// operatedOn takes in what an operator did to a step.
func (h *history) operatedOn(i int) {
	switch h.fact.kind {
	case saga.TypeStepRedriven:
		h.redriven(i)
	case saga.TypeStepResolved:
		h.resolved(i)
	case saga.TypeStepSkipped:
		h.skipped(i)
	}
}

// cancelRequested looks at a SagaCancelRequested.
func (h *history) cancelRequested() {
	f := h.fact
	h.want(!h.turned && h.cancelled == "" && !h.turning() && !h.tooLate(), ruleCancel, "The saga cannot be cancelled any more, or once more.")
	h.signed()
	h.cancelled = fmt.Sprintf("cancelled by %s: %s", f.Actor, f.Reason)
	if h.paused {
		h.paused = false
		h.permitAll()
	}
	if !h.held() {
		h.parked = false
	}
	if h.mustTurn() {
		h.owed = debt{kind: oweTurn}
	}
}

// signed demands that an operator says who and why, and saw what was there if they looked.
func (h *history) signed() {
	f := h.fact
	h.want(f.Actor != "" && f.Reason != "", ruleParked, "The operator does not say who and why: %q, %q.", f.Actor, f.Reason)
	h.want(f.SeenRevision == nil || *f.SeenRevision == f.revision-1, ruleParked, "The operator saw another revision.")
}

// turnUnwanted looks at a CompensationRequested that no failed step is the cause of.
func (h *history) turnUnwanted() {
	f := h.fact
	h.want(h.unwanted() && f.Reason == h.whyUnwanted(), ruleCause, "It turns round for %q, which nobody asked for.", f.Reason)
	h.want(!h.tooLate(), rulePivot, "It turns round and is past its point of no return.")
	h.want(!h.held(), ruleCancel, "It turns round while an outcome is to be waited for.")
}

// held reports whether a saga that is to be undone has to wait for an open attempt, or for the outcome of its pivot.
func (h *history) held() bool { return h.runs > 0 || h.pivotUnknown() }

func (h *history) pivotUnknown() bool {
	i := h.def.noReturn
	return i >= 0 && h.isPivot(i) && h.steps[i].unknown
}

// tooLate reports whether the saga can only go forward.
func (h *history) tooLate() bool {
	if h.def.noReturn < 0 || h.turned {
		return false
	}
	for i := h.def.noReturn; i < len(h.steps); i++ {
		s := &h.steps[i]
		if h.isPivot(i) && s.passed() || h.def.plan.Steps[i].Kind == saga.KindRetriable && s.order > 0 {
			return true
		}
	}
	return false
}

// terminated looks at the end that an operator puts to a saga.
func (h *history) terminated() {
	h.signed()
	undone := []string{}
	for i := range h.steps {
		s := &h.steps[i]
		runs := s.action.open
		looksDone := s.compensated && !(s.blind && s.succeeded)
		if (s.unknown || s.succeeded || runs) && h.def.hasEffect(i) && !looksDone {
			undone = append(undone, h.def.name(i))
		}
		if runs && !h.def.waits(i) {
			s.lost = append(s.lost, s.action.attempts)
		}
	}
	h.want(slices.Equal(undone, h.fact.Undone), ruleEnd, "It leaves %v undone, and tells of %v.", undone, h.fact.Undone)
	if h.pass.books != nil {
		delete(h.pass.books.net, h.stream.name) // what stays is for a person to see to
	}
	h.keepLost()
	h.leave()
}
