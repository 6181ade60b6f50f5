package saga_test

import (
	"time"

	"github.com/skaldgo/skald/saga"
)

// passed reports whether a saga on its way forward is past a step.
func (r *rules) passed(step string) bool { return r.results[step] || r.skipped[step] }

// skips demands that the saga goes forward and has come to the step, that nothing runs there, and that the operator says what
// they have to.
func (r *rules) skips(e saga.StepSkipped) {
	id, at := trackID{e.Step, saga.Action}, r.index(e.Step)
	r.want(e.Actor != "" && e.Reason != "" && e.SeenRevision == int64(r.events-2), "G20", "a skip says who, why and where")
	r.want(r.parked == nil || r.parked.Step == e.Step && r.parked.Direction == saga.Action, "G20", "%s is skipped where the saga is not parked", e.Step)
	unwanted := (r.cancelled != nil || r.overdue) && !r.tooLate() && r.pivotUnknown() == ""
	r.want(r.turned == nil && r.gaveUp == nil && !unwanted, "G21", "%s is skipped in a saga that is to be undone", e.Step)
	r.want(!r.passed(e.Step), "G5", "%s is skipped behind the saga", e.Step)
	for _, before := range r.plan.Steps[:max(at, 0)] {
		group := r.plan.Steps[at].Group
		r.want(r.passed(before.Name) || group != "" && before.Group == group, "G5", "%s is skipped before %s has succeeded", e.Step, before.Name)
	}
	t := r.track(e.Step, saga.Action)
	r.want(!t.open || r.waits(id), "G20", "%s is skipped while an attempt of it is open", e.Step)
	t.open, t.due = false, time.Time{}
	r.skipped[e.Step], r.parked = true, nil
}
