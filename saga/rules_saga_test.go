package saga_test

import (
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

// retry demands that a delay is the policy's, less a quarter at most.
func (r *rules) retry(e saga.RetryScheduled, direction saga.Direction) {
	id := trackID{e.Step, direction}
	t, policy := r.track(e.Step, direction), r.policy(id)
	r.want(!t.open && e.Attempt == t.number+1, "G8", "a retry of %v is scheduled out of turn", id)
	longest := policy.Retry().Interval(t.budget)
	delay := e.Due.Sub(t.ended)
	r.want(delay <= longest && delay >= longest/4*3-time.Millisecond, "G8", "the delay of %v is %s of %s", id, delay, longest)
	r.want(!r.paused, "G20", "%v is retried while the saga is paused", id)
	r.want(t.total.IsZero() || e.Due.Before(t.total), "G8", "a retry of %v is due after the time for all attempts", id)
	r.want(t.budget < policy.MaximumAttempts && !t.permanent, "G6", "a retry of %v is scheduled without budget", id)
	t.due = e.Due
}

// compensationRequested demands a cause, a way back, and the plan that follows from the history.
func (r *rules) compensationRequested(e saga.CompensationRequested) {
	r.want(!r.paused, "G20", "a paused saga turns round")
	r.want(r.turned == nil, "G10", "the saga turns round twice")
	switch {
	case r.gaveUp != nil:
		r.want(e.FailedStep == r.gaveUp.Step && e.Reason == r.gaveUp.Reason, "G10", "the saga turns at %q, and gave up %v", e.FailedStep, *r.gaveUp)
	case e.FailedStep != "":
		r.turnCause(e.FailedStep)
	default:
		r.want(r.cancelled != nil || r.overdue, "G10", "the saga turns, and nobody has cancelled it")
	}
	for id, t := range r.tracks {
		r.want(!t.open || r.waits(id), "G21", "the saga turns while %v is open", id)
		t.open = false
	}
	for _, step := range r.plan.Steps {
		action := r.tracks[trackID{step.Name, saga.Action}]
		open := action != nil && action.unknown && !r.passed(step.Name)
		r.want(!open || !step.Probe || action.asked || action.endings[action.number] == "interrupted", "G10",
			"the probe of %s is not asked before the turn", step.Name)
		switch step.Kind {
		case saga.KindPivot:
			r.want((action == nil || !action.unknown) && !r.passed(step.Name), "G16", "pivot %s may have happened", step.Name)
		case saga.KindRetriable:
			started := slices.Contains(r.order, step.Name)
			r.want(!started || r.pivotBefore(step.Name), "G16", "retriable step %s has started", step.Name)
		case saga.KindCompensable, saga.KindReadOnly, saga.KindAwait, saga.KindChild:
		}
	}
	var plan []string
	for _, name := range slices.Backward(r.order) {
		step, action := r.plan.Steps[r.index(name)], r.tracks[trackID{name, saga.Action}]
		if step.Kind == saga.KindCompensable && (action.unknown || r.results[name] || step.CompensateOnFailure) {
			plan = append(plan, name)
		}
	}
	r.want(slices.Equal(plan, e.Plan), "G12", "the plan is %v and should be %v", e.Plan, plan)
	r.turned = &e
}

// turnCause demands that a step has failed for good.
func (r *rules) turnCause(step string) {
	t := r.tracks[trackID{step, saga.Action}]
	if t == nil {
		r.want(false, "G10", "%q, at which the saga turns, never started", step)
		return
	}
	r.want(r.cancelled == nil && !r.overdue, "G21", "the saga turns at %s, and was cancelled or overdue", step)
	r.want(!t.open && (r.usedUp(trackID{step, saga.Action}) || t.askOnly), "G10", "nothing makes the saga turn")
}

// cancelRequested demands that the saga can still be undone. It ends the wait for a person if it can be at once.
func (r *rules) cancelRequested(e saga.SagaCancelRequested) {
	r.want(r.turned == nil && r.gaveUp == nil && r.cancelled == nil && !r.tooLate(), "G21", "a saga is cancelled that cannot be")
	r.want(e.Actor != "" && e.Reason != "", "G20", "a cancellation says who and why")
	r.cancelled, r.paused = &e, false
	open := false
	for id, t := range r.tracks {
		open = open || t.open && !r.waits(id)
	}
	if !open && r.pivotUnknown() == "" {
		r.parked = nil
	}
}

// pivotUnknown returns the pivot while it is not known whether it has happened, "" otherwise.
func (r *rules) pivotUnknown() string {
	for _, step := range r.plan.Steps {
		t := r.tracks[trackID{step.Name, saga.Action}]
		if step.Kind == saga.KindPivot && t != nil && t.unknown && !r.results[step.Name] {
			return step.Name
		}
	}
	return ""
}

// tooLate reports whether the saga can only go forward.
func (r *rules) tooLate() bool {
	return slices.ContainsFunc(r.plan.Steps, func(s saga.PlannedStep) bool {
		return s.Kind == saga.KindPivot && r.passed(s.Name) || s.Kind == saga.KindRetriable && slices.Contains(r.order, s.Name)
	})
}

func (r *rules) pivotBefore(step string) bool {
	return slices.ContainsFunc(r.plan.Steps[:r.index(step)], func(s saga.PlannedStep) bool { return s.Kind == saga.KindPivot })
}

func (r *rules) redriven(e saga.StepRedriven) {
	r.want(r.parked != nil && r.parked.Step == e.Step && r.parked.Direction == e.Direction, "G20",
		"%s is redriven where the saga is not parked", e.Step)
	r.want(e.Actor != "" && e.Reason != "" && e.SeenRevision == int64(r.events-2), "G20", "a redrive says who, why and where")
	t := r.track(e.Step, e.Direction)
	t.budget, t.permanent, t.due, t.total, t.askOnly = 0, false, time.Time{}, time.Time{}, false
	if e.Direction == saga.Compensation && r.undone[e.Step] > t.rounds && t.blind && r.results[e.Step] {
		t.newKey = true
		t.rounds++
	}
	r.parked = nil
}

func (r *rules) end(event saga.Event) {
	r.ended = event.EventType()
	r.want(r.parked == nil && !r.paused, "G20", "a parked or paused saga ends")
	for id, t := range r.tracks {
		r.want(!t.open, "G17", "%v is open at the end", id)
	}
	if r.ended == saga.TypeSagaCompleted {
		r.want(r.turned == nil, "G17", "a saga that turned round completes")
		for _, step := range r.plan.Steps {
			r.want(r.passed(step.Name), "G17", "the saga completes without %s", step.Name)
		}
		return
	}
	if r.turned == nil {
		r.want(false, "G17", "the saga fails without turning round")
		return
	}
	for _, step := range r.turned.Plan {
		t := r.tracks[trackID{step, saga.Compensation}]
		r.want(t != nil && r.undone[step] == t.rounds+1, "G12", "the saga fails before %s is compensated", step)
	}
	for step := range r.undone {
		r.want(slices.Contains(r.turned.Plan, step), "G12", "%s is compensated and not in the plan", step)
	}
}

// checkRules demands that a stream keeps every rule.
func checkRules(t require.TestingT, at []time.Time, events []saga.Event) {
	r := newRules()
	for i, event := range events {
		r.next(at[i], event)
	}
	if len(r.broken) > 0 {
		require.Empty(t, r.broken, "%v", inBrief(events))
	}
}

// migrated takes the other plan: its hash recomputes, and every step that has begun is a step of it.
func (r *rules) migrated(e saga.SagaMigrated) {
	r.want(e.Actor != "" && e.Reason != "", "G20", "migrated by %q for %q", e.Actor, e.Reason)
	r.want(e.DefinitionHash == saga.DefinitionHash(r.ref.Name, e.Version, e.Plan), "G3", "the definition's hash does not recompute")
	r.plan = e.Plan
	for _, change := range r.policies {
		i := r.index(change.Step)
		if i >= 0 && !r.waits(trackID{change.Step, saga.Action}) && (change.Direction == saga.Action || r.plan.Steps[i].Compensation != nil) {
			r.limit(change)
		}
	}
	if r.parked != nil && r.parked.Reason == saga.ParkedStepMissing {
		r.parked = nil
	}
}
