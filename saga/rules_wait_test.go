package saga_test

import (
	"slices"

	"github.com/skaldgo/skald/saga"
)

// waits reports whether what happens on a track is to wait for a signal: that is no attempt.
func (r *rules) waits(id trackID) bool {
	at := r.index(id.step)
	return at >= 0 && id.direction == saga.Action && r.plan.Steps[at].Kind == saga.KindAwait
}

// startsBeside demands that an attempt starts alone, or beside others of its group, no more of them than the limit.
func (r *rules) startsBeside(id trackID) {
	at := r.index(id.step)
	if at < 0 || r.waits(id) {
		return
	}
	group, beside := r.plan.Steps[at].Group, 0
	for other, t := range r.tracks {
		if !t.open || r.waits(other) {
			continue
		}
		beside++
		alike := other.direction == saga.Action && id.direction == saga.Action && other != id
		r.want(alike && group != "" && r.plan.Steps[r.index(other.step)].Group == group, "G13", "%v starts while %v is open", id, other)
	}
	for _, g := range r.plan.Groups {
		r.want(g.Name != group || g.Limit == 0 || beside < g.Limit, "G26", "%v starts beside %d, of %d", id, beside, g.Limit)
	}
}

// told looks at what concerns the saga as a whole.
func (r *rules) told(event saga.Event) {
	running := 0
	for id, t := range r.tracks {
		asks := id.direction == saga.Action && t.unknown && !r.results[id.step] && !t.asked && r.plan.Steps[r.index(id.step)].Probe
		if t.open && !r.waits(id) || asks {
			running++ // what is to be asked of a probe is not over either
		}
	}
	switch e := event.(type) {
	case saga.StepGivenUp:
		r.want(running > 0 && r.gaveUp == nil && r.turned == nil && !r.tooLate(), "G26", "%s is given up where the saga cannot turn", e.Step)
		r.turnCause(e.Step)
		r.gaveUp = &e
	case saga.SignalReceived:
		r.want(e.ID != "" && !r.heard[e.ID], "G27", "signal %q comes once", e.ID)
		r.heard[e.ID] = true
		r.signals = append(r.signals, e)
	case saga.SagaOverdue:
		r.want(!r.overdue && r.turned == nil && e.Deadline.Equal(r.deadline) && !r.deadline.IsZero() && !r.at.Before(r.deadline),
			"G18", "the saga is overdue at %s, its deadline is %s", r.at, r.deadline)
		r.want(r.parked == nil, "G20", "a parked saga is found to be overdue")
		r.overdue = true
	}
}

// awaited demands that a wait ends with the first signal that has been no step's result, or with the default when its time
// has passed, and that nothing else is said to have.
func (r *rules) awaited(e saga.StepCompleted) {
	id := trackID{e.Step, saga.Action}
	if !r.waits(id) {
		r.want(e.Signal == "" && !e.Lapsed, "G27", "%s does not wait", e.Step)
		return
	}
	await := r.plan.Steps[r.index(e.Step)].Await
	first := slices.IndexFunc(r.signals, func(s saga.SignalReceived) bool { return s.Name == await.Signal })
	if e.Lapsed {
		r.want(first < 0 && e.Signal == "" && await.Default != nil && string(e.Result) == string(await.Default) &&
			!r.at.Before(r.track(e.Step, saga.Action).deadline), "G27", "the wait of %s has not lapsed", e.Step)
		return
	}
	if first < 0 {
		r.want(false, "G27", "%s ends its wait without a signal", e.Step)
		return
	}
	r.want(r.signals[first].ID == e.Signal && string(r.signals[first].Payload) == string(e.Result), "G27",
		"%s ends its wait by %q, the first signal is %q", e.Step, e.Signal, r.signals[first].ID)
	r.signals = slices.Delete(r.signals, first, first+1)
}
