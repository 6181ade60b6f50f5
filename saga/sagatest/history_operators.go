package sagatest

import (
	"time"

	"github.com/skaldgo/skald/saga"
)

// operated lets operators do what they did, and signals come when they came.
func (r *rerun) operated(c *client, began time.Time) {
	w := r.w
	for _, past := range r.h.events {
		after := past.at.Sub(began)
		switch e := past.event.(type) {
		case saga.StepRedriven:
			w.after(after, func() { w.redrive(c, 0) })
		case saga.StepSkipped:
			w.after(after, func() {
				w.operate(c, saga.Skip{Step: e.Step, Actor: e.Actor, Reason: e.Reason, SeenRevision: c.end.Revision()})
			})
		case saga.StepResolved:
			w.after(after, func() {
				w.operate(c, saga.Resolve{
					Step: e.Step, Direction: e.Direction, Result: e.Result, Evidence: e.Evidence,
					Actor: e.Actor, Reason: e.Reason, SeenRevision: c.end.Revision(),
				})
			})
		case saga.SagaCancelRequested:
			w.after(after, func() { w.operate(c, saga.Cancel{Actor: e.Actor, Reason: e.Reason, SeenRevision: saga.NotSeen}) })
		case saga.SignalReceived:
			w.after(after, func() {
				w.hand(c, saga.DeliverSignal{ID: e.ID, Name: e.Name, Payload: e.Payload, Actor: e.Actor})
			})
		case saga.SagaPaused:
			w.after(after, func() { w.operate(c, saga.Pause{Actor: e.Actor, Reason: e.Reason, SeenRevision: saga.NotSeen}) })
		case saga.RetryPolicyChanged:
			e.SeenRevision = nil // what runs again has other revisions while it is being told
			command, _ := saga.OperatorCommandOf(e)
			w.after(after, func() { w.operate(c, command) })
		case saga.DeadlineExtended:
			w.after(after, func() {
				w.operate(c, saga.Extend{Now: w.now, Deadline: e.Deadline, Actor: e.Actor, Reason: e.Reason, SeenRevision: saga.NotSeen})
			})
		case saga.SagaResumed:
			w.after(after, func() { w.operate(c, saga.Resume{Actor: e.Actor, Reason: e.Reason, SeenRevision: saga.NotSeen}) })
		case saga.SagaTerminated:
			w.after(after, func() { w.operate(c, saga.Terminate{Actor: e.Actor, Reason: e.Reason, SeenRevision: saga.NotSeen}) })
		}
	}
}
