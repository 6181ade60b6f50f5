package saga_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/skaldgo/skald/saga"
)

func (v *verdict) cancel(c saga.Cancel) {
	if v.state() == saga.StateCompensating || has(v.past, anyOf[saga.SagaCancelRequested]) || v.tooLate() {
		return
	}
	v.add(saga.SagaCancelRequested{Actor: c.Actor, Reason: c.Reason, SeenRevision: sawRevision(c.SeenRevision)})
	v.obeys(time.Time{}, false)
}

// obeys turns round a saga that an operator wants undone, if it can be and nothing has to be waited for.
func (v *verdict) obeys(now time.Time, slot bool) bool {
	wanted, at := last(v.past, anyOf[saga.SagaCancelRequested])
	turned := has(v.past, anyOf[saga.CompensationRequested])
	if at < 0 || turned || v.ended() || v.parked() || v.tooLate() || v.held() {
		return false
	}
	v.add(saga.CompensationRequested{
		Reason: fmt.Sprintf("cancelled by %s: %s", wanted.Actor, wanted.Reason), Plan: v.toUndo(),
	})
	v.goOn(now, slot)
	return true
}

// standing is every step that may have an effect which nothing has undone.
func (p past) standing() []string {
	names := []string{}
	open, _, isOpen := p.open()
	for _, step := range p.plan.Steps {
		runs := isOpen && open == (trackID{step.Name, saga.Action})
		may := runs || p.succeeded(step.Name) || p.unknown(step.Name)
		undone := has(p, func(e saga.CompensationCompleted) bool { return e.Step == step.Name })
		again, _ := p.again()
		if may && step.Kind != saga.KindReadOnly && (!undone || p.overlooked(step.Name) || slices.Contains(again, step.Name)) {
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
