package saga

import (
	"slices"
	"time"
)

// children is about steps that start other sagas.
func (l *linter) children(outlines []*outline) {
	byName := map[string]*outline{}
	for _, o := range outlines {
		byName[o.name] = o
	}
	for _, o := range outlines {
		l.o = o
		noReturn := o.plan.pointOfNoReturn()
		for i := range o.plan.Steps {
			step := &o.plan.Steps[i]
			if step.Child == nil {
				continue
			}
			if noReturn >= 0 && i > noReturn {
				l.find(i, LintLateChild, "move it before that step, or let the saga that it starts have steps only that must succeed",
					"it starts a saga after %q, the point of no return: one that fails parks this saga", o.plan.Steps[noReturn].Name)
			}
			if way := cycle(byName, o.name, step); len(way) > 0 {
				l.find(i, LintStartsItself, "make sure that the data ends it; ids grow with each saga, and one too long fails the step",
					"it starts a saga of %s, and so a further one of %s", way[0], o.name)
			}
			deadline, undo := fromMS(o.plan.DeadlineMS), slowest(byName, step)
			if deadline > 0 && undo > deadline {
				l.find(i, LintSlowUndo, "shorten it, or give the saga more time",
					"to compensate it can take %s, and the saga is to have ended after %s", undo, deadline)
			}
		}
	}
}

// cycle returns the definitions by which a step leads back to a definition, nil when it does not.
func cycle(byName map[string]*outline, back string, step *PlannedStep) []string {
	var seen []string
	var follow func(name string, way []string) []string
	follow = func(name string, way []string) []string {
		way = append(slices.Clone(way), name)
		switch {
		case name == back:
			return way
		case name == "" || slices.Contains(seen, name) || byName[name] == nil:
			return nil
		}
		seen = append(seen, name)
		for i := range byName[name].plan.Steps {
			next := &byName[name].plan.Steps[i]
			for _, d := range []Direction{Action, Compensation} {
				if found := follow(next.saga(d), way); found != nil {
					return found
				}
			}
		}
		return nil
	}
	for _, d := range []Direction{Action, Compensation} {
		if found := follow(step.saga(d), nil); found != nil {
			return found
		}
	}
	return nil
}

// slowest returns how long the compensation of a step that starts a saga can take: all attempts of it, and of each step of
// the saga that compensates it.
func slowest(byName map[string]*outline, step *PlannedStep) (sum time.Duration) {
	if step.Compensation == nil {
		return 0
	}
	policies := []Policy{*step.Compensation}
	if by := byName[step.Child.UndoSaga]; by != nil {
		for i := range by.plan.Steps {
			policies = append(policies, by.plan.Steps[i].Action)
		}
	}
	for _, p := range policies {
		if sum += p.longest(); sum < 0 {
			return 1<<63 - 1
		}
	}
	return sum
}
