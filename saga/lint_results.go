package saga

// results is about results that nobody can ask for. Those of a saga that a step starts are the result of that step.
func (l *linter) results(valid []*outline) {
	plan := l.o.plan
	if startedBy(valid, l.o.name) {
		return
	}
	noReturn := plan.pointOfNoReturn()
	for i := range plan.Steps {
		result := l.o.steps[i].origin.result
		if plan.Steps[i].Kind != KindReadOnly || result == nil || result.Size() == 0 {
			continue
		}
		if _, to := plan.stage(i); to < len(plan.Steps) || noReturn >= 0 && i > noReturn { // of those LintLateRead tells
			continue
		}
		l.find(i, LintUnreachable, "move it before the step that needs what it reads, or give it struct{} as its result if it only checks",
			"it reads, and no step stands behind it that could ask for its result")
	}
}

// startedBy reports whether a step of some definition starts sagas of a name.
func startedBy(outlines []*outline, name string) bool {
	for _, o := range outlines {
		for i := range o.plan.Steps {
			if o.plan.Steps[i].saga(Action) == name {
				return true
			}
		}
	}
	return false
}
