package verify

import (
	"fmt"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

// requested is a child that a saga has asked for, until it begins.
type requested struct {
	by          saga.Parent
	correlation string
}

// checkChild demands that only a step which starts a saga says which.
func (d *definition) checkChild(s *saga.PlannedStep) {
	switch {
	case (s.Kind == saga.KindChild) != (s.Child != nil):
		d.fault("step %s is %s, and that does not go with what it starts", s.Name, s.Kind)
	case s.Child != nil && (s.Child.Saga == "" || s.Child.UndoSaga != "" && s.Compensation == nil):
		d.fault("step %s starts no saga, or none that compensates it", s.Name)
	}
}

// undoable reports whether a step has a compensation.
func undoable(s *saga.PlannedStep) bool { return s.Compensation != nil }

// starts returns the definition of which a step starts a saga in a direction, "" for none.
func (d *definition) starts(i int, dir saga.Direction) string {
	child := d.plan.Steps[i].Child
	switch {
	case child == nil:
		return ""
	case dir == saga.Compensation:
		return child.UndoSaga
	}
	return child.Saga
}

// child returns the saga that a step starts in a direction, after those that have ended without completing.
func (h *history) child(i int, d saga.Direction) saga.Ref {
	id := h.ref.Name + "/" + h.ref.ID + "/" + h.def.name(i)
	if d == saga.Compensation {
		id += "/undo"
	}
	if lost := h.track(i, d).childrenLost; lost > 0 {
		id = fmt.Sprintf("%s/%d", id, lost+1)
	}
	return saga.Ref{Name: h.def.starts(i, d), ID: id}
}

// childRequested looks at a ChildRequested: the attempt is open and waits from then on.
func (h *history) childRequested(i int) {
	f := h.fact
	t := h.track(i, f.Direction)
	h.want(t.open && t.attempts == f.Attempt, ruleChild, "Attempt %d of %s asks for a child, and is not open.", f.Attempt, f.Step)
	h.want(t.child == "", ruleChild, "Attempt %d of %s asks for a second child.", f.Attempt, f.Step)
	if own := h.child(i, f.Direction); own.Name == "" || f.Child != own {
		h.broken(ruleChild, "Step %s asks for %s and should ask for %s.", f.Step, f.Child, own)
	}
	t.child = f.Child.Stream()
	if h.pass.streams[t.child] == nil { // otherwise it is that of another, and will be found to be
		h.pass.requested[t.child] = requested{saga.Parent{Name: h.ref.Name, ID: h.ref.ID, Step: f.Step}, h.stream.correlation}
	}
	h.goesOn()
}

// begins looks at the SagaStarted of a saga that another one has started.
func (p *pass) begins(s *stream, b *beginning, ev *eventstore.RecordedEvent) {
	s.correlation, s.parent = b.CorrelationID, b.Parent
	asked, is := p.requested[s.name]
	delete(p.requested, s.name)
	if b.Parent == nil {
		return // its would-be parent finds that it is not its child
	}
	parent := saga.Ref{Name: b.Parent.Name, ID: b.Parent.ID}
	switch above := p.streams[parent.Stream()]; {
	case above == nil || above.unclear:
	case !is || asked.by != *b.Parent:
		p.found.add(ruleLineage, ev.Stream, ev.Revision, "Step %s of %s did not ask for it.", b.Parent.Step, parent)
	case asked.correlation != b.CorrelationID:
		p.found.add(ruleLineage, ev.Stream, ev.Revision, "Its correlation id is %q, that of its parent is %q.",
			b.CorrelationID, asked.correlation)
	}
}

// checkChildEnd compares the outcome of an attempt that waits for a child with how the child ended.
func (h *history) checkChildEnd(i int, d saga.Direction) {
	f, t := h.fact, h.track(i, d)
	succeeds := f.kind == saga.TypeStepCompleted || f.kind == saga.TypeCompensationCompleted
	fails := f.kind == saga.TypeStepFailed || f.kind == saga.TypeCompensationFailed
	if t.child == "" {
		h.want(h.def.starts(i, d) == "" || !succeeds || f.Nothing, ruleChildEnd, "Step %s succeeds without its child.", f.Step)
		return
	}
	child := h.pass.streams[t.child]
	t.child = ""
	if fails {
		t.childrenLost++
		t.refused = true
		t.used = max(t.used, h.def.policy(i, d).MaximumAttempts) // it is not started again
	}
	switch own := (saga.Parent{Name: h.ref.Name, ID: h.ref.ID, Step: f.Step}); {
	case !succeeds && !fails:
		h.broken(ruleChildEnd, "Step %s waits for its child, and not for an attempt to return.", f.Step)
	case child == nil: // it could not be started, or is in no log that is kept
	case child.parent == nil || *child.parent != own:
		h.want(fails && f.Permanent, ruleChildEnd, "Step %s waited for a saga that it has not started.", f.Step)
	case child.end == "":
		h.broken(ruleChildEnd, "Step %s has an outcome, and its child has not ended.", f.Step)
	default:
		agrees := succeeds && child.end == saga.TypeSagaCompleted ||
			fails && f.Permanent == (child.end == saga.TypeSagaFailed) && child.end != saga.TypeSagaCompleted
		h.want(agrees, ruleChildEnd, "The child of %s has ended with %s.", f.Step, child.end)
	}
}
