package saga

import (
	"cmp"
	"slices"
	"strings"
)

// children is about steps that start other sagas.
func (l *linter) children(byName map[string]*outline) {
	o := l.o
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
	}
}

// latest returns the definition of each name by which sagas are started now: the one of the highest version. Two of one
// version, which no orchestrator takes, are told apart by their hashes.
func latest(outlines []*outline) map[string]*outline {
	byName := map[string]*outline{}
	for _, o := range outlines {
		known := byName[o.name]
		if known == nil || cmp.Or(known.version-o.version, strings.Compare(known.hash(), o.hash())) < 0 {
			byName[o.name] = o
		}
	}
	return byName
}

func (o *outline) hash() string { return DefinitionHash(o.name, o.version, o.plan) }

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
