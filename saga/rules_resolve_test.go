package saga_test

import (
	"slices"

	"github.com/skaldgo/skald/saga"
)

// resolved demands that the saga waits for a person at the step, that nothing is known to have come of it, and that the
// operator says what they have to.
func (r *rules) resolved(e saga.StepResolved) {
	id := trackID{e.Step, e.Direction}
	r.want(r.parked != nil && r.parked.Step == e.Step && r.parked.Direction == e.Direction, "G20", "%v is resolved where the saga is not parked", id)
	r.want(e.Actor != "" && e.Reason != "" && e.SeenRevision == int64(r.events-2), "G20", "a resolution says who, why and where")
	t := r.track(e.Step, e.Direction)
	r.want(!t.open, "G20", "%v is resolved while an attempt of it is open", id)
	r.parked = nil
	if e.Direction == saga.Action {
		r.want(r.turned == nil && !r.results[e.Step], "G20", "%v is resolved and was completed", id)
		r.results[e.Step] = true
		if !slices.Contains(r.order, e.Step) {
			r.order = append(r.order, e.Step)
		}
		return
	}
	r.want(e.Evidence != "" && e.Result == nil, "G20", "%v is resolved without evidence, or with a result", id)
	late := r.undone[e.Step] > t.rounds
	r.want(r.turned != nil && (!late || t.blind && r.results[e.Step]), "G14", "%v is resolved and was compensated", id)
	if late {
		t.rounds++
	}
	r.undone[e.Step]++
	t.blind = !r.results[e.Step]
}
