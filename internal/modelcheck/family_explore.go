package modelcheck

import (
	"context"
	"fmt"
)

// exploreFamily walks through every state of a saga and its child.
func exploreFamily(ctx context.Context, f *family) (*family, error) {
	err := f.run(ctx)
	f.report.States, f.report.Transitions = int64(len(f.states)), int64(len(f.out))
	for _, m := range []*model{f.parent.model, f.child.model} {
		f.report.Logs += int64(len(m.nodes))
		f.report.Appends += int64(len(m.edges))
		f.report.NotMigrated += m.refused
	}
	return f, err
}

func (f *family) run(ctx context.Context) error {
	for _, m := range []*model{f.parent.model, f.child.model} {
		if err := m.shape.validate(m.ref.Name); err != nil {
			return fmt.Errorf("explore %s: %w", m.shape, err)
		}
	}
	f.reach(pair{}, -1)
	levelEnd := 1
	for id := 0; id < len(f.states); id++ {
		if id == levelEnd {
			f.report.Depth++
			levelEnd = len(f.states)
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		f.expand(int32(id))
		if err := f.violation(int32(id)); err != nil {
			return err
		}
		if len(f.states) > maxStates {
			return fmt.Errorf("explore %s: it has more than %d states", f.parent.shape, maxStates)
		}
	}
	f.begins = append(f.begins, int32(len(f.out)))
	f.ids = nil
	if id := f.lost(f.rests); id >= 0 {
		w := f.parent.worlds.all[f.states[id].parent]
		f.parent.breaks(w.log, nil, fmt.Sprintf("G19: the saga can neither end nor park, and it is %s", f.parent.at(w.log).inst.State()))
		return f.violation(id)
	}
	return f.judge(ctx)
}

// judge has package verify check the logs of the child, and those of the parent beside one of the child that has ended as
// the parent says.
func (f *family) judge(ctx context.Context) error {
	f.parent.childEnds = map[ending][]dated{}
	for end, log := range f.ends {
		f.parent.childEnds[end] = f.child.appends(log)
	}
	for _, m := range []*model{f.child.model, f.parent.model} {
		judged, err := m.judge(ctx)
		f.report.Judged += int64(judged)
		if err != nil {
			return err
		}
	}
	return nil
}

// violation returns the broken rule, if one was broken in a state.
func (f *family) violation(id int32) error {
	for _, m := range []*model{f.parent.model, f.child.model} {
		if m.broken == nil {
			continue
		}
		last := m.broken.Trace
		m.told = true
		way := f.way(id)
		var lines []string
		for i := 1; i < len(way); i++ {
			lines = append(lines, f.tell(way[i-1], way[i]))
		}
		m.broken.Trace = append(lines, last...)
		return m.broken
	}
	return nil
}

// tell says what leads from one state to the next.
func (f *family) tell(from, to pair) string {
	if from.child != to.child {
		switch {
		case to.child == gone(never):
			return "the store refuses the child"
		case to.child < 0:
			return "child: it ends"
		case !f.child.at(f.child.worlds.all[from.child].log).past.begun:
			return "child: it is started, with " + f.child.appendedWords(f.child.worlds.all[to.child])
		}
		return "child: " + f.child.tell(f.child.worlds.all[from.child], f.child.worlds.all[to.child])
	}
	if from.child < 0 {
		w := f.parent.worlds.all[to.parent]
		if at := &f.parent.at(w.log).past.steps[f.step]; f.parent.at(f.parent.worlds.all[from.parent].log).past.steps[f.step].child && !at.child {
			return "the end of the child is recorded, with " + f.parent.appendedWords(w)
		}
	}
	return f.parent.tell(f.parent.worlds.all[from.parent], f.parent.worlds.all[to.parent])
}
