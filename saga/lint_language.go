package saga

// language is about groups and waits.
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
	plan.through(func(int) {}, func(group, from, to int) {
		if limit := plan.Groups[group].Limit; limit >= to-from {
			l.find(from, LintGroupLimit, "lower it, or leave it out",
				"the Limit of its group %q is %d, and the group has %d branch(es)", plan.Groups[group].Name, limit, to-from)
		}
	})
}
