package saga_test

import (
	"slices"

	"github.com/skaldgo/skald/saga"
)

// version is that of the definition which the saga goes by.
func (p past) version() int {
	if e, at := last(p, anyOf[saga.SagaMigrated]); at >= 0 {
		return e.Version
	}
	return p.events[0].(saga.SagaStarted).Version
}

// starters is every step of which an attempt was ever started, or that was said to have happened, the first one first.
func (p past) starters() (steps []string) {
	for _, event := range p.events {
		id, _, begins, _ := attemptOf(event)
		if said, is := event.(saga.StepResolved); is {
			id.step, begins = said.Step, true
		}
		if begins && !slices.Contains(steps, id.step) {
			steps = append(steps, id.step)
		}
	}
	return steps
}

// dealtWith is every step that has started or was skipped.
func (p past) dealtWith() (steps []string) {
	steps = p.starters()
	for _, event := range p.events {
		if e, is := event.(saga.StepSkipped); is && !slices.Contains(steps, e.Step) {
			steps = append(steps, e.Step)
		}
	}
	return steps
}

// mayMigrate tells whether what has happened so far can have come to pass by another plan as well.
func (p past) mayMigrate(e saga.SagaMigrated) bool {
	if p.ended() || e.Version <= p.version() || e.Plan == nil || !tellsApart(e.Plan) {
		return false
	}
	now := past{ref: p.ref, plan: e.Plan, events: p.events}
	needed := p.dealtWith()
	if turned, at := last(p, anyOf[saga.CompensationRequested]); at >= 0 {
		needed = append(needed, turned.Plan...)
	}
	if parked, at := last(p, anyOf[saga.SagaParked]); p.parked() && parked.Reason != saga.ParkedStepMissing && at >= 0 {
		needed = append(needed, parked.Step)
	}
	for _, step := range needed {
		if now.index(step) < 0 {
			return false
		}
	}
	for _, step := range p.dealtWith() {
		if !p.alike(step, now) {
			return false
		}
	}
	return p.signalsAwaited(e.Plan) && now.inOrder() && p.tooLate() == now.tooLate() && p.pivotUnknown() == now.pivotUnknown() &&
		now.fitsItsGroup()
}

func tellsApart(plan *saga.Plan) bool {
	names, groups, last := map[string]bool{"": true}, map[string]bool{}, ""
	for _, group := range plan.Groups {
		if groups[group.Name] || group.Name == "" || group.Limit < 0 {
			return false
		}
		groups[group.Name] = true
	}
	for _, step := range plan.Steps {
		if names[step.Name] {
			return false
		}
		names[step.Name] = true
		if step.Group != last && step.Group != "" {
			if !groups[step.Group] {
				return false
			}
			delete(groups, step.Group)
		}
		last = step.Group
	}
	return len(plan.Steps) > 0
}

// alike tells whether a step that has begun is the same one in another plan.
func (p past) alike(name string, in past) bool {
	was, now := p.plan.Steps[p.index(name)], in.plan.Steps[in.index(name)]
	same := was.Kind == now.Kind && (was.Compensation == nil) == (now.Compensation == nil) && was.CompensateOnFailure == now.CompensateOnFailure
	if p.attempts(trackID{name, saga.Compensation}) > 0 || p.refreshed(trackID{name, saga.Compensation}) >= 0 {
		same = same && sagaOf(was, saga.Compensation) == sagaOf(now, saga.Compensation)
	}
	if p.succeeded(name) {
		return same
	}
	if !has(p, anyOf[saga.CompensationRequested]) {
		same = same && was.Probe == now.Probe
	}
	signal := func(s saga.PlannedStep) string {
		if s.Await == nil {
			return ""
		}
		return s.Await.Signal
	}
	return same && sagaOf(was, saga.Action) == sagaOf(now, saga.Action) && signal(was) == signal(now)
}

func sagaOf(s saga.PlannedStep, d saga.Direction) string {
	switch {
	case s.Child == nil:
		return ""
	case d == saga.Compensation:
		return s.Child.UndoSaga
	}
	return s.Child.Saga
}

// signalsAwaited tells whether every signal that no step has had can still be had.
func (p past) signalsAwaited(plan *saga.Plan) bool {
	for _, event := range p.events {
		e, is := event.(saga.SignalReceived)
		if !is || has(p, func(done saga.StepCompleted) bool { return done.Signal == e.ID }) {
			continue
		}
		if !slices.ContainsFunc(plan.Steps, func(s saga.PlannedStep) bool { return s.Await != nil && s.Await.Signal == e.Name }) {
			return false
		}
	}
	return true
}

// inOrder tells whether the steps that have begun are the first ones of the plan, in its order, and all but the last ones have
// succeeded, or were skipped.
func (p past) inOrder() bool {
	group := func(i int) string { return p.plan.Steps[i].Group }
	together := func(i, j int) bool { return i == j || group(i) != "" && group(i) == group(j) }
	begun := p.starters()
	for k, later := range begun {
		for _, sooner := range begun[:k] {
			if i, j := p.index(sooner), p.index(later); j < i && !together(i, j) {
				return false
			}
		}
	}
	for i, step := range p.plan.Steps {
		for _, later := range p.dealtWith() {
			if j := p.index(later); i < j && !together(i, j) && !p.passed(step.Name) {
				return false
			}
		}
	}
	return true
}

// fitsItsGroup tells whether no more attempts are open than may be.
func (p past) fitsItsGroup() bool {
	stands := p.stands()
	if len(stands) == 0 || stands[0].direction == saga.Compensation {
		return true
	}
	limit := 1
	if group := p.plan.Steps[p.index(stands[0].step)].Group; group != "" {
		limit = 1000
		for _, g := range p.plan.Groups {
			if g.Name == group && g.Limit > 0 {
				limit = min(limit, g.Limit)
			}
		}
	}
	return len(p.running()) <= limit
}
