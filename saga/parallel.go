package saga

import "slices"

// Parallel makes a group of steps that run side by side: its branches, which are compensable or read-only before the point
// of no return and retriable or read-only after it. The steps behind the group begin when every branch has succeeded, and
// find all their results.
//
// The branches are started in the order given, as many at once as there are free worker slots. When one of them fails for
// good, no further attempt of the others is started; those that run are waited for, and then the saga is compensated, one
// step at a time, in strict reverse order of their start. A branch after the point of no return that fails for good parks
// the saga; the others that run come to their outcome meanwhile.
//
// At most 1,000 attempts of a group are open at once; a plan has to keep within MaxPlanBytes.
//
// A group is no branch of another one. Its name shares the names of the steps.
func Parallel[D any](name string, branches ...Step[D]) Step[D] {
	return Step[D]{name: name, branches: append([]Step[D]{}, branches...)}
}

// Limit returns the group with at most n of its branches under way at once; 0, as without it, means no limit. On a step
// that is no group it is a fault of the definition.
func (s Step[D]) Limit(n int) Step[D] {
	s.limit, s.limited = n, true
	return s
}

// Branches returns the branches of a group, in the order given, and nil for a step that is none. The slice belongs to the
// caller.
func (s Step[D]) Branches() []Step[D] { return slices.Clone(s.branches) }

// group reports whether the step was made by Parallel.
func (s Step[D]) group() bool { return s.branches != nil }

// flat returns the definition's steps in the order of the plan, the branches of a group in its place.
func (d Definition[D]) flat() []Step[D] {
	flat := make([]Step[D], 0, len(d.Steps))
	for _, step := range d.Steps {
		if !step.group() {
			flat = append(flat, step)
			continue
		}
		for _, branch := range step.branches {
			branch.within = step.name
			flat = append(flat, branch)
		}
	}
	return flat
}

func (d Definition[D]) groups() []PlannedGroup {
	var groups []PlannedGroup
	for _, step := range d.Steps {
		if step.group() {
			groups = append(groups, PlannedGroup{Name: step.name, Limit: step.limit})
		}
	}
	return groups
}

// validateGroups checks what a group may be made of.
func (d Definition[D]) validateGroups(f *faults) {
	for i, step := range d.Steps {
		if !step.group() {
			if step.limited {
				f.add("step %q has a Limit and is no parallel group", step.name)
			}
			continue
		}
		if err := validateName("name", step.name); err != nil {
			f.add("group at step %d: %v", i+1, err)
		}
		if len(step.branches) == 0 {
			f.add("group %q has no branches", step.name)
		}
		if step.limit < 0 {
			f.add("group %q: Limit is %d, it must not be negative", step.name, step.limit)
		}
		step.validateProbe(f)
		step.validateBranches(f)
	}
}

func (s Step[D]) validateBranches(f *faults) {
	var before, after string
	for _, branch := range s.branches {
		switch {
		case branch.group():
			f.add("group %q is a branch of group %q; a branch is a single step", branch.name, s.name)
		case branch.limited:
			f.add("step %q has a Limit and is no parallel group", branch.name)
		case branch.kind == KindPivot:
			f.add("pivot %q is a branch of group %q; the point of no return is a step of its own", branch.name, s.name)
		case branch.kind == KindCompensable, branch.child != nil && branch.undoes():
			before = branch.name
		case branch.kind == KindRetriable:
			after = branch.name
		}
	}
	if before != "" && after != "" {
		f.add("group %q has the compensable branch %q and the retriable branch %q; the point of no return is not within a group",
			s.name, before, after)
	}
}

// validateNames checks that every step and every group has a name of its own.
func (d Definition[D]) validateNames(f *faults, flat []Step[D]) {
	seen := map[string]string{}
	for i, step := range flat {
		if err := validateName("name", step.name); err != nil {
			f.add("step %d: %v", i+1, err)
		} else if seen[step.name] != "" {
			f.add("step %d: the name %q is taken by an earlier step", i+1, step.name)
		}
		seen[step.name] = "step"
	}
	for _, group := range d.groups() {
		if taken := seen[group.Name]; taken != "" {
			f.add("group %q: its name is taken by another %s", group.Name, taken)
		}
		seen[group.Name] = "group"
	}
}
