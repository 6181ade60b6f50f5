package saga_test

import (
	"slices"
	"time"

	"github.com/skaldgo/skald/saga"
)

func (v *verdict) cancel(c saga.Cancel) {
	if v.state() == saga.StateCompensating || has(v.past, anyOf[saga.SagaCancelRequested]) || v.turning() || v.tooLate() {
		return
	}
	v.add(saga.SagaCancelRequested{Actor: c.Actor, Reason: c.Reason, SeenRevision: sawRevision(c.SeenRevision)})
	v.turn(time.Time{}, 0)
}

// standing is every step that may have an effect which nothing has undone.
func (p past) standing() []string {
	names := []string{}
	for _, step := range p.plan.Steps {
		runs := p.isOpen(trackID{step.Name, saga.Action})
		may := runs || p.succeeded(step.Name) || p.unknown(step.Name)
		undone := p.undone(step.Name)
		again, _ := p.again()
		if may && step.Kind != saga.KindReadOnly && step.Kind != saga.KindAwait && (!undone || p.overlooked(step.Name) || slices.Contains(again, step.Name)) {
			names = append(names, step.Name)
		}
	}
	return names
}

func sawRevision(revision int64) *int64 {
	if revision == saga.NotSeen {
		return nil
	}
	return &revision
}
