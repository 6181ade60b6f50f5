package sagatest

import (
	"context"

	"github.com/skaldgo/skald/saga"
)

// stand returns definitions in the place of those of the sagas that a plan starts. None is ever started: how they ended is
// in the history of the saga that waited for them.
func stand(plan *saga.Plan) (list []ChildDefinition) {
	idle := func(context.Context, saga.Call[any]) (any, error) { return nil, nil }
	known := map[string]bool{"": true}
	for _, step := range plan.Steps {
		if step.Child == nil {
			continue
		}
		for _, name := range []string{step.Child.Saga, step.Child.UndoSaga} {
			if !known[name] {
				known[name] = true
				list = append(list, ChildOf(saga.Definition[any]{
					Name: name, Version: 1, Steps: []saga.Step[any]{saga.ReadOnly("stands_for_it", idle, saga.StepOptions{})},
				}))
			}
		}
	}
	return list
}

// attend tells of a child what the history tells: that it has not ended, until it has.
func (r *rerun) attend(n *node, e saga.AttendChild) {
	seen := saga.ChildSeen{Parent: e.Parent, Step: e.Step, Direction: e.Direction, Attempt: e.Attempt, Child: e.Child}
	past := r.past[attemptKey{place{e.Step, e.Direction}, e.Attempt}]
	switch {
	case past == nil || past.ended.IsZero():
	case r.w.now.Before(past.ended):
		r.w.after(past.ended.Sub(r.w.now), func() {
			n.handle(saga.EventSeen{Ref: e.Child, Type: saga.TypeSagaCompleted}) // so that it is looked at again
		})
	default:
		seen.Ended, seen.Outcome = true, past.outcome
	}
	r.w.after(0, func() { n.handle(seen) })
}
