package saga

import (
	"fmt"
)

// changesOf tells in words how a definition differs from the one that a saga was started with; nil when it does not.
func changesOf(was SagaStarted, version int, plan *Plan) []string {
	var list []string
	say := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	for i := range was.Plan.Steps {
		old := &was.Plan.Steps[i]
		j := plan.index(old.Name)
		if j < 0 {
			say("%s is no longer a step", old.Name)
			continue
		}
		if j != i {
			say("%s is step %d, it was step %d", old.Name, j+1, i+1)
		}
		list = append(list, changesOfStep(old, &plan.Steps[j])...)
	}
	for i := range plan.Steps {
		if name := plan.Steps[i].Name; was.Plan.index(name) < 0 {
			say("%s is new, as step %d", name, i+1)
		}
	}
	switch {
	case version != was.Version:
		say("its version is %d, it was %d", version, was.Version)
	case len(list) > 0:
		say("its version is still %d: raise it", version)
	}
	return list
}

func changesOfStep(was, now *PlannedStep) []string {
	var list []string
	say := func(what string, old, current any) {
		if old != current {
			list = append(list, fmt.Sprintf("%s: %s is %v, it was %v", now.Name, what, current, old))
		}
	}
	say("its kind", was.Kind, now.Kind)
	say("CompensateOnFailure", was.CompensateOnFailure, now.CompensateOnFailure)
	policy := func(prefix string, old, current Policy) {
		say(prefix+"Timeout", old.Timeout(), current.Timeout())
		say(prefix+"TotalTimeout", old.TotalTimeout(), current.TotalTimeout())
		say(prefix+"Retry.InitialInterval", old.Retry().InitialInterval, current.Retry().InitialInterval)
		say(prefix+"Retry.BackoffCoefficient", old.BackoffCoefficient, current.BackoffCoefficient)
		say(prefix+"Retry.MaximumInterval", old.Retry().MaximumInterval, current.Retry().MaximumInterval)
		say(prefix+"Retry.MaximumAttempts", old.MaximumAttempts, current.MaximumAttempts)
	}
	policy("", was.Action, now.Action)
	if was.Compensation != nil && now.Compensation != nil {
		policy("Compensation.", *was.Compensation, *now.Compensation)
	}
	return list
}
