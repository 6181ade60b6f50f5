package saga

import "fmt"

// fork and join are the nodes between which the branches of a group stand.
func forkID(group int) string { return fmt.Sprintf("g%d", group+1) }
func joinID(group int) string { return fmt.Sprintf("j%d", group+1) }

// words tells of a group in lines.
func (g PlannedGroup) words(branches int) []string {
	lines := []string{text(g.Name), fmt.Sprintf("%d branches side by side", branches)}
	if g.Limit > 0 && g.Limit < branches {
		lines = append(lines, fmt.Sprintf("at most %d at once", g.Limit))
	}
	return lines
}

// through calls alone for each step that is no branch, and beside for the branches of each group, in the order of the plan.
// A plan in which the branches of a group do not stand side by side is taken as one of steps alone.
func (p *Plan) through(alone func(i int), beside func(group, from, to int)) {
	crooked := p.crooked()
	for i, group := 0, 0; i < len(p.Steps); {
		from, to := p.stage(i)
		if p.Steps[i].Group == "" || crooked {
			alone(i)
			i++
			continue
		}
		for group < len(p.Groups) && p.Groups[group].Name != p.Steps[i].Group {
			group++ // one without branches
		}
		if group == len(p.Groups) {
			group = p.groupIndex(p.Steps[i].Group)
		}
		beside(group, from, to)
		i = to
	}
}

func (p *Plan) groupIndex(name string) int {
	for i := range p.Groups {
		if p.Groups[i].Name == name {
			return i
		}
	}
	return -1
}

// words tells what a step waits for, in lines.
func (s *PlannedStep) waitWords() []string {
	lines := []string{"signal " + text(s.Await.Signal)}
	switch {
	case s.Action.TimeoutMS == 0:
		return append(lines, "for as long as it takes")
	case s.Await.Default != nil:
		return append(lines, "for "+s.Action.Timeout().String(), "then goes on with "+text(string(s.Await.Default)))
	}
	return append(lines, "for "+s.Action.Timeout().String(), "then fails")
}

// ways draws where the branches of a group lead when they fail for good: before the point of no return the others that
// run are waited for, and then all that may have happened is undone. It leaves the saga behind the group.
func (w *ways) group(group, from, to int) {
	var longest []string
	waits := fmt.Sprintf("w%d", group+1)
	for i := from; i < to; i++ {
		label, fails := w.plan.Steps[i].failing()
		if !fails {
			continue
		}
		last := w.running.clone()
		last.endBranchesBut(i, from, to)
		end := last.ifItFailsAt(i, true)
		if end.turned == nil {
			w.leads(stepID(i), label, end.way(w.plan))
			continue
		}
		w.edge(stepID(i), dotted, label, waits)
		if way := end.way(w.plan); len(way) > len(longest) { // that in which the most has begun
			longest = way
		}
	}
	if longest != nil {
		w.node(waits, bar, "", "the branches that run are waited for", "what may have happened is undone")
		w.leads(waits, "", longest)
	}
	w.running.endBranchesBut(-1, from, to)
}

// endBranchesBut lets all branches of a group succeed but one, as far as that one does not hold them up.
func (in *Instance) endBranchesBut(but, from, to int) {
	for range to - from {
		for at := range in.open() {
			if at.step != but {
				in.follow(in.endingAt(at, Succeeded))
				break
			}
		}
	}
}
