package saga

import "time"

// language is about groups, waits and the deadline of the saga.
func (l *linter) language() {
	plan := l.o.plan
	noReturn := plan.pointOfNoReturn()
	for i := range plan.Steps {
		step := &plan.Steps[i]
		if step.Await != nil && noReturn >= 0 && i > noReturn && step.Action.TimeoutMS > 0 && step.Await.Default == nil {
			l.find(i, LintLateWait, "give it a Default, or no Timeout",
				"it waits behind %q, the point of no return: when nothing has come for %s the saga is parked",
				plan.Steps[noReturn].Name, step.Action.Timeout())
		}
	}
	longest := time.Duration(0)
	plan.through(func(i int) { longest += plan.Steps[i].Action.Timeout() }, func(group, from, to int) {
		if limit := plan.Groups[group].Limit; limit >= to-from {
			l.find(from, LintGroupLimit, "lower it, or leave it out",
				"the Limit of its group %q is %d, and the group has %d branch(es)", plan.Groups[group].Name, limit, to-from)
		}
		one := time.Duration(0)
		for i := from; i < to; i++ {
			one = max(one, plan.Steps[i].Action.Timeout())
		}
		longest += one
	})
	if deadline := fromMS(plan.DeadlineMS); deadline > 0 && deadline < longest {
		l.find(whole, LintDeadline, "raise it, or lower the timeouts of the steps",
			"Deadline is %s, and one attempt of each step can take %s", deadline, longest)
	}
}
