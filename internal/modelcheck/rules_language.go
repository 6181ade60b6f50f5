package modelcheck

import "github.com/skaldgo/skald/saga"

// halted reports whether nothing may begin before a person has done something.
func (p *past) halted() bool { return p.parked || p.paused }

// ofLanguage takes in an event that only sagas with groups, waits, deadlines, children or operators have.
func (r *reading) ofLanguage(event saga.Event) {
	switch e := event.(type) {
	case saga.StepGivenUp:
		r.givenUp(e)
	case saga.SignalReceived:
		r.signals++
	case saga.SagaOverdue:
		r.want((r.shape.Deadline || r.extended) && !r.overdue && !r.turned && !r.halted(), "G28", "the saga cannot be overdue")
		r.overdue = true
	case saga.ChildRequested:
		r.childRequested(e)
	case saga.SagaCancelRequested:
		r.want(!r.turned && !r.cancelled && !r.turning(r.shape) && !r.tooLate(r.shape), "G21", "the saga cannot be cancelled")
		r.cancelled, r.paused = true, false
		if r.binding(r.shape) < 0 && !r.pivotUnknown(r.shape) {
			r.unpark()
		}
	case saga.SagaPaused:
		r.want(!r.paused, "G20", "the saga is paused twice")
		r.paused = true
	case saga.SagaResumed:
		r.want(r.paused, "G20", "the saga is resumed and was not paused")
		r.paused = false
	case saga.SagaTerminated:
		r.ended = terminated
	default:
		r.ofOperator(event)
	}
}

// besides demands that as many attempts are open beside one that starts as may be.
func (r *reading) besides(i int) {
	open := r.bound(r.shape)
	r.want(r.shape.Group != "" && r.shape.Group[i] == 'g' || open == 0, "G13", "step %s starts while another is open", stepName(i))
	r.want(open < r.shape.widest(), "G26", "step %s starts while %d attempts are open", stepName(i), open)
}

// givenUp takes in that a branch is not tried again, while others are open or owe a probe.
func (r *reading) givenUp(e saga.StepGivenUp) {
	i, s := r.step(e.Step)
	r.want(!r.turned && !r.turning(r.shape) && !r.halted(), "G10", "step %s is given up, and the saga does not go on", e.Step)
	r.want(!s.actionOpen && !s.succeeded && s.order > 0, "G10", "step %s is given up, and did not fail", e.Step)
	r.want(r.shape.Group != "" && r.shape.Group[i] == 'g', "G10", "step %s is given up, and is no branch", e.Step)
	r.gaveUp = int8(i) + 1
}

// waited takes in how a wait ends: by a signal that no other wait has had, or by its default.
func (r *reading) waited(i int, e saga.StepCompleted) {
	if !r.shape.waits(i) {
		r.want(e.Signal == "" && !e.Lapsed, "G27", "step %s does not wait, and a signal ends it", e.Step)
		return
	}
	r.want((e.Signal != "") != e.Lapsed && !e.Late, "G27", "neither a signal nor the deadline ends the wait of %s", e.Step)
	if e.Lapsed {
		r.want(r.shape.Steps[i] == 'D' && r.used == r.signals, "G27", "the wait of %s lapses, and should not", e.Step)
		return
	}
	r.want(r.used < r.signals && e.Signal == signalID(int(r.used)), "G27", "signal %q ends the wait of %s", e.Signal, e.Step)
	r.used++
}

func (r *reading) childRequested(e saga.ChildRequested) {
	i, s := r.step(e.Step)
	one := r.shape.kind(i) == saga.KindChild && e.Direction == saga.Action
	r.want(one && s.actionOpen && int(s.action) == e.Attempt && !s.child, "C1", "step %s asks for a child", e.Step)
	r.want(!r.turning(r.shape), "G11", "step %s asks for a child although the saga is to turn round", e.Step)
	r.want(e.Child == childRef(r.ref, e.Step), "C1", "step %s asks for %s", e.Step, e.Child)
	s.child = true
}

// childRef is the saga that a step starts.
func childRef(parent saga.Ref, step string) saga.Ref {
	return saga.Ref{Name: childName, ID: parent.Name + "/" + parent.ID + "/" + step}
}
