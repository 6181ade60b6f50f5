package saga

import (
	"fmt"
)

// Mermaid draws a definition as a flowchart in the language of Mermaid, which many wikis and code hosts show as a picture:
// its steps from top to bottom with their kind, limits and retries; dotted, where each of them leads when it fails for
// good, and the compensations. "is refused" is a permanent error of the only attempt, "stays unknown" every other end;
// where both lead to the same, the edge says "fails". What compensations that fail lead to is not drawn: the saga is
// parked.
//
// Where a failure leads is asked of the same decisions that sagas are run by. The same definition gives the same text, line
// by line. Names are escaped, so that no name can be more than a name. A definition that Validate refuses is drawn without
// compensations and what failures lead to. No function of it is called.
func Mermaid(definition AnyDefinition) string {
	o, valid := definition.outline(), definition.Validate() == nil
	c := newChart()
	begin := []string{text(o.name), fmt.Sprintf("version %d", o.version)}
	if deadline := fromMS(o.plan.DeadlineMS); deadline > 0 {
		begin = append(begin, "deadline "+deadline.String()+" after its start")
	}
	c.node("begin", round, "", begin...)
	for i := range o.plan.Steps {
		c.node(stepID(i), box, "", o.plan.Steps[i].words()...)
	}
	for i := range o.plan.Steps {
		if undo := o.plan.Steps[i].Compensation; undo != nil && valid {
			c.node(undoID(i), slanted, "", append([]string{"undo " + text(o.plan.Steps[i].Name)}, limitsOf(*undo)...)...)
		}
	}
	c.node("done", round, "", "completed")
	c.forward(o.plan)
	if valid {
		c.failures(o)
	}
	return c.String()
}

// forward draws the way through the steps, and the nodes of the groups.
func (c *chart) forward(plan *Plan) {
	before := "begin"
	plan.through(func(i int) {
		c.edge(before, plain, "", stepID(i))
		before = stepID(i)
	}, func(group, from, to int) {
		c.node(forkID(group), bar, "", plan.Groups[group].words(to-from)...)
		c.node(joinID(group), bar, "", "all of "+text(plan.Groups[group].Name))
		c.edge(before, plain, "", forkID(group))
		for i := from; i < to; i++ {
			c.edge(forkID(group), plain, "", stepID(i))
			c.edge(stepID(i), plain, "", joinID(group))
		}
		before = joinID(group)
	})
	c.edge(before, plain, "", "done")
}

// words tells what a step of a definition is, in lines.
func (s *PlannedStep) words() []string {
	lines := []string{text(s.Name), text(s.Kind.String())}
	switch {
	case s.Await != nil:
		return append(lines, s.waitWords()...)
	case s.Child != nil:
		return append(lines, "saga "+text(s.Child.Saga))
	}
	lines = append(lines, limitsOf(s.Action)...)
	if s.Probe {
		lines = append(lines, "has a probe")
	}
	return lines
}

// failing tells how a step fails for good; ok is false for one that cannot.
func (s *PlannedStep) failing() (label string, ok bool) {
	if s.Await != nil {
		return "lapses", s.Action.TimeoutMS > 0 && s.Await.Default == nil
	}
	return "fails", true
}

func stepID(i int) string { return fmt.Sprintf("s%d", i+1) }
func undoID(i int) string { return fmt.Sprintf("c%d", i+1) }

// limitsOf tells a policy in up to three lines.
func limitsOf(p Policy) []string {
	retry := p.Retry()
	if p.MaximumAttempts == 1 {
		return withTotal([]string{"1 attempt of " + p.Timeout().String()}, p)
	}
	shortest, longest := retry.Interval(1), retry.Interval(p.MaximumAttempts-1)
	delays := fmt.Sprintf("delays %s to %s", shortest, longest)
	if shortest == longest {
		delays = "delays " + longest.String()
	}
	return withTotal([]string{fmt.Sprintf("%d attempts of %s", p.MaximumAttempts, p.Timeout()), delays}, p)
}

func withTotal(lines []string, p Policy) []string {
	if total := p.TotalTimeout(); total > 0 {
		return append(lines, total.String()+" in all")
	}
	return lines
}
