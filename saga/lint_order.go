package saga

// order is about the point of no return and what stands behind it.
func (l *linter) order() {
	noReturn := l.o.plan.pointOfNoReturn()
	if noReturn < 0 {
		return
	}
	first, retriable := &l.o.plan.Steps[noReturn], false
	for i := noReturn + 1; i < len(l.o.plan.Steps); i++ {
		switch l.o.plan.Steps[i].Kind {
		case KindRetriable:
			retriable = true
		case KindReadOnly:
			l.find(i, LintLateRead,
				"move it before that step, where an error still turns the saga round, or make it retriable if it must succeed",
				"it reads after %q, the point of no return: an error that stays parks the saga", first.Name)
		case KindCompensable, KindPivot, KindAwait, KindChild:
		}
	}
	if first.Kind == KindPivot && !retriable {
		l.find(noReturn, LintPivotLast,
			"make it compensable if it can be undone, or put behind it, as retriable steps, what must follow from it",
			"no retriable step follows the pivot, and when its outcome is unknown the saga is parked instead of compensated")
	}
}
