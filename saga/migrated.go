package saga

import (
	"cmp"
	"fmt"
	"slices"
)

// migrated folds a migration: what is known of each step that has begun stands at the step of that name in the new plan.
func (in *Instance) migrated(e SagaMigrated) {
	*in = *in.onPlan(e.Plan)
	in.version, in.hash = e.Version, e.DefinitionHash
	if in.parked != nil && in.parked.Reason == ParkedStepMissing {
		in.parked = nil // that it has the functions is why it was migrated
	}
}

// onPlan returns the saga as it is by another plan. Steps that have not begun are those of that plan; of those that have, it
// has to have every one.
func (in *Instance) onPlan(plan *Plan) *Instance {
	c := in.clone()
	at := make(map[string]int, len(plan.Steps))
	for j := range plan.Steps {
		at[plan.Steps[j].Name] = j
	}
	steps := c.steps
	c.plan, c.steps = in.operated(plan), make([]stepRecord, len(plan.Steps))
	for i, s := range steps {
		if j, has := at[in.plan.Steps[i].Name]; has && s.begun() {
			c.steps[j] = s
		}
	}
	c.undoPlan = slices.Clone(in.undoPlan) // nil stays nil: that it is not tells that the saga has turned round
	for k, i := range in.undoPlan {
		if j, has := at[in.plan.Steps[i].Name]; has {
			c.undoPlan[k] = j
		}
	}
	c.active = 0
	c.advance()
	return c
}

// begun reports whether an attempt of the step was ever started, or an operator has said what is to be made of it.
func (s *stepRecord) begun() bool { return s.order > 0 || s.undo != nil || s.skipped }

// obstacles tells why the saga cannot be migrated to a version of its definition: what has happened cannot have happened by
// it, or what is there would have no place in it. There are none when what the saga has come to is something that a saga
// of that version comes to; what is still to be done may differ.
func (in *Instance) obstacles(version int, plan *Plan) (list []string) {
	say := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	switch {
	case version <= in.version:
		say("it is of version %d, and this is version %d: a saga is migrated to a higher one", in.version, version)
		return list
	case plan == nil || len(plan.Steps) == 0 || plan.ambiguous() || plan.crooked():
		say("version %d has no plan that a saga can have", version)
		return list
	}
	for i := range in.steps {
		if !in.steps[i].begun() {
			continue
		}
		was := &in.plan.Steps[i]
		if j := plan.index(was.Name); j >= 0 {
			list = append(list, in.differences(i, was, &plan.Steps[j])...)
		} else {
			say("%s has begun, and is no longer a step", was.Name)
		}
	}
	for _, i := range in.undoPlan {
		if name := in.plan.Steps[i].Name; !in.steps[i].begun() && plan.index(name) < 0 {
			say("%s is to be compensated, and is no longer a step", name)
		}
	}
	for _, s := range in.signals {
		if !s.used && !plan.awaits(s.name) {
			say("the signal %s has come, and no step waits for it any more", s.name)
		}
	}
	if p := in.parked; p != nil && p.Reason != ParkedStepMissing && plan.index(p.Step) < 0 {
		say("it is parked at %s, which is no longer a step", p.Step)
	}
	if len(list) > 0 {
		return list
	}
	return in.onPlan(plan).misplaced(in)
}

// differences tells how a step that has begun differs from what it is in another plan, where that makes it another one:
// limits and delays may change, as they do not tell what the step does.
func (in *Instance) differences(i int, was, now *PlannedStep) (list []string) {
	s := &in.steps[i]
	differs := func(what string, old, current any) {
		if old != current {
			list = append(list, fmt.Sprintf("%s has begun, and %s is %v, it was %v", was.Name, what, current, old))
		}
	}
	differs("its kind", was.Kind, now.Kind)
	differs("a compensation", was.Compensation != nil, now.Compensation != nil)
	differs("CompensateOnFailure", was.CompensateOnFailure, now.CompensateOnFailure)
	if s.undo != nil {
		differs("the saga that compensates it", textOrNone(was.saga(Compensation)), textOrNone(now.saga(Compensation)))
	}
	if s.result != nil {
		return list
	}
	differs("the saga that it starts", textOrNone(was.saga(Action)), textOrNone(now.saga(Action)))
	differs("the signal that it awaits", textOrNone(was.signal()), textOrNone(now.signal()))
	if in.state != StateCompensating {
		differs("a probe", was.Probe, now.Probe)
	}
	return list
}

// signal returns the name of the signal that a step awaits, "" when it awaits none.
func (s *PlannedStep) signal() string {
	if s.Await == nil {
		return ""
	}
	return s.Await.Signal
}

// misplaced tells why a saga cannot stand where it does by its plan, having come there by another one: every step before
// the last ones that have begun must have succeeded, or been skipped, in the order of the plan.
func (in *Instance) misplaced(was *Instance) (list []string) {
	say := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	name := func(i int) string { return in.plan.Steps[i].Name }
	var begun []int
	last, there := 0, 0 // the last stage of which a step has begun, and that step
	for i := range in.steps {
		if s := &in.steps[i]; s.begun() {
			if stage := in.plan.stageOf(i); stage > last {
				last, there = stage, i
			}
			if s.order > 0 { // or it was skipped before it started
				begun = append(begun, i)
			}
		}
	}
	slices.SortFunc(begun, func(a, b int) int { return cmp.Compare(in.steps[a].order, in.steps[b].order) })
	for k := 1; k < len(begun); k++ {
		if i, before := begun[k], begun[k-1]; in.plan.stageOf(i) < in.plan.stageOf(before) {
			say("%s has begun after %s, and comes before it now", name(i), name(before))
		}
	}
	for i := range last {
		switch s := &in.steps[i]; {
		case s.result != nil || s.skipped:
		case !s.begun():
			say("%s comes before %s, which has begun, and has not", name(i), name(there))
		default:
			say("%s comes before %s, which has begun, and has not succeeded", name(i), name(there))
		}
	}
	if was.pastReturn() != in.pastReturn() || was.pivotUnknown() != in.pivotUnknown() {
		say("its point of no return is another one, and it stands on the other side of it")
	}
	if open := in.bindingCount(); in.state != StateCompensating && in.left() && open > in.limit() {
		say("%d attempts are open, and no more than %d may be", open, in.limit())
	}
	return list
}
