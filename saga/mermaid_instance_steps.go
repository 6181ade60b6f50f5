package saga

func (d *drawing) step(i int) {
	in := d.in
	s, planned := &in.steps[i], &in.plan.Steps[i]
	lines := []string{text(planned.Name), text(planned.Kind.String()), stateWords(s.state)}
	switch {
	case planned.Await != nil:
		lines = append(lines, in.waitWords(i)...)
	case s.state != StepStateCompensating: // its attempts are those of the way back
		lines = append(lines, s.action.words(in.state.Ended())...)
	}
	d.add(stepID(i), box, classOf(s.state), lines...)
}

// reached reports whether the saga has come to the step, and left whether it has gone on behind it.
func (s *stepRecord) reached() bool { return s.order > 0 || s.state == StepStateSkipped }
func (s *stepRecord) left() bool    { return s.result != nil || s.state == StepStateSkipped }

// group draws the branches of a group between a fork and a join, and returns the join.
func (d *drawing) group(before string, group, from, to int) string {
	in, begun, done := d.in, false, true
	for i := from; i < to; i++ {
		d.step(i)
		begun = begun || in.steps[i].reached()
		done = done && in.steps[i].left()
	}
	fork, join := classRemains, classRemains
	if begun {
		fork = classDone
	}
	if done {
		join = classDone
	}
	d.add(forkID(group), bar, fork, in.plan.Groups[group].words(to-from)...)
	d.add(joinID(group), bar, join, "all of "+text(in.plan.Groups[group].Name))
	d.edge(before, lineIf(begun), "", forkID(group))
	for i := from; i < to; i++ {
		d.edge(forkID(group), lineIf(in.steps[i].reached()), "", stepID(i))
		d.edge(stepID(i), lineIf(in.steps[i].left()), "", joinID(group))
	}
	return joinID(group)
}

// ended draws the end that an operator has made.
func (d *drawing) ended() {
	t := d.in.terminated
	if t == nil {
		return
	}
	lines := []string{"terminated by " + text(t.Actor), text(t.Reason)}
	for _, step := range t.Undone {
		lines = append(lines, text(step)+" stays undone")
	}
	d.add("terminated", round, classFailed, lines...)
	d.edge("begin", thick, "", "terminated")
}

// waitWords tells of a step that waits, or will.
func (in *Instance) waitWords(i int) []string {
	planned, s := &in.plan.Steps[i], &in.steps[i]
	signal := "signal " + text(planned.Await.Signal)
	switch {
	case s.action.open && in.state.Ended():
	case s.action.open && s.action.deadline.IsZero():
		return []string{"waits for " + signal}
	case s.action.open:
		return []string{"waits for " + signal + " until " + inChart(s.action.deadline.time())}
	case s.order == 0 && in.unused(planned.Await.Signal) != nil:
		return []string{signal, "is there already"}
	}
	lines := []string{signal}
	if s.action.lastError != "" {
		lines = append(lines, text(s.action.lastError))
	}
	return lines
}
