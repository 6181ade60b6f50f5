package saga

import (
	"fmt"
)

// changesOf tells in words how a definition differs from the one that a saga goes by; nil when it does not. A retry policy
// that an operator has changed is left out: it stays.
func changesOf(in *Instance, version int, plan *Plan) []string {
	var list []string
	plan = in.operated(plan)
	say := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	for i := range in.plan.Steps {
		old := &in.plan.Steps[i]
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
		if name := plan.Steps[i].Name; in.plan.index(name) < 0 {
			say("%s is new, as step %d", name, i+1)
		}
	}
	list = append(list, changesOfGroups(in.plan, plan)...)
	if in.plan.DeadlineMS != plan.DeadlineMS {
		say("its Deadline is %s, it was %s", lengthOrNone(plan.DeadlineMS), lengthOrNone(in.plan.DeadlineMS))
	}
	switch {
	case version != in.version:
		say("its version is %d, it was %d", version, in.version)
	case len(list) > 0:
		say("its version is still %d: raise it", version)
	}
	return list
}

// changesOfGroups tells of the groups themselves; which steps are branches of them is told of the steps.
func changesOfGroups(was, now *Plan) []string {
	var list []string
	for _, old := range was.Groups {
		i := now.groupIndex(old.Name)
		switch {
		case i < 0:
			list = append(list, old.Name+" is no longer a group")
		case now.Groups[i].Limit != old.Limit:
			list = append(list, fmt.Sprintf("%s: its Limit is %d, it was %d", old.Name, now.Groups[i].Limit, old.Limit))
		}
	}
	for _, group := range now.Groups {
		if was.groupIndex(group.Name) < 0 {
			list = append(list, group.Name+" is new, as a group")
		}
	}
	return list
}

func lengthOrNone(ms int64) string {
	if ms == 0 {
		return "none"
	}
	return fromMS(ms).String()
}

func textOrNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}

// changesOfWait tells what a step waits for that waited for something else.
func changesOfWait(name string, was, now *PlannedAwait) []string {
	var list []string
	if was == nil || now == nil {
		return nil // its kind tells
	}
	if was.Signal != now.Signal {
		list = append(list, fmt.Sprintf("%s: Signal is %s, it was %s", name, now.Signal, was.Signal))
	}
	if !equalJSON(was.Default, now.Default) {
		list = append(list, fmt.Sprintf("%s: Default is %s, it was %s", name,
			textOrNone(string(now.Default)), textOrNone(string(was.Default))))
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
	say("its group", textOrNone(was.Group), textOrNone(now.Group))
	list = append(list, changesOfWait(now.Name, was.Await, now.Await)...)
	say("a probe", was.Probe, now.Probe)
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
