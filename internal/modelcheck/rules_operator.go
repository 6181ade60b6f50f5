package modelcheck

import "github.com/skaldgo/skald/saga"

// ofOperator takes in what an operator says of a step, of the deadline or of a retry policy.
func (r *reading) ofOperator(event saga.Event) {
	switch e := event.(type) {
	case saga.StepResolved:
		r.resolved(e)
	case saga.StepSkipped:
		i, s := r.step(e.Step)
		r.want(!r.turned && !r.turning(r.shape), "G21", "step %s is skipped in a saga that is to be undone", e.Step)
		r.want(r.stands(r.shape, i), "G5", "step %s is skipped, and the saga does not stand there", e.Step)
		r.want(!s.actionOpen || r.shape.waits(i), "G6", "step %s is skipped while an attempt of it is open", e.Step)
		at, d := r.parkedPlace()
		r.want(!r.parked || at == i && d == saga.Action, "G20", "step %s is skipped, and the saga is parked elsewhere", e.Step)
		r.unpark()
		s.skipped, s.actionOpen = true, false
	case saga.DeadlineExtended:
		r.want(!r.turned, "G28", "the deadline of a saga that has turned round is extended")
		r.overdue, r.extended = false, true
	case saga.RetryPolicyChanged:
		i, s := r.step(e.Step)
		done := r.turned || s.passed()
		if e.Direction == saga.Compensation {
			done = s.undone
		}
		r.want(!done && !r.shape.waits(i), "G6", "the %s of %s is given another policy, and is not attempted again", e.Direction, e.Step)
	case saga.SagaMigrated:
		r.migratedTo(e)
	default:
		r.want(false, "G24", "%s is no event of a saga", event.EventType())
	}
}

// resolved takes in an operator's word for what came of what the saga is parked at.
func (r *reading) resolved(e saga.StepResolved) {
	i, s := r.step(e.Step)
	at, d := r.parkedPlace()
	r.want(r.parked && at == i && d == e.Direction, "G20", "the %s of %s is resolved, and the saga is not parked there", e.Direction, e.Step)
	r.want(!r.open(i, e.Direction), "G20", "the %s of %s is resolved while an attempt of it is open", e.Direction, e.Step)
	r.unpark()
	if e.Direction == saga.Action {
		r.want(!r.turned && !s.succeeded, "G7", "step %s is resolved, and no success of it is missing", e.Step)
		if s.order == 0 {
			r.orders++
			s.order = r.orders
		}
		s.succeeded, s.resolved = true, r.shape.kind(i) == saga.KindChild
		return
	}
	late := s.blind && s.succeeded
	r.want(r.turned && (!s.undone || late), "G14", "step %s is resolved, and was compensated before", e.Step)
	s.undone, s.blind = true, !s.succeeded
	r.drop(int8(i))
}
