package saga

import (
	"fmt"
	"slices"
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
	c.node("begin", round, "", text(o.name), fmt.Sprintf("version %d", o.version))
	for i := range o.plan.Steps {
		step := &o.plan.Steps[i]
		c.node(stepID(i), box, "", append([]string{text(step.Name), text(step.Kind.String())}, limitsOf(step.Action)...)...)
	}
	for i := range o.plan.Steps {
		if undo := o.plan.Steps[i].Compensation; undo != nil && valid {
			c.node(undoID(i), slanted, "", append([]string{"undo " + text(o.plan.Steps[i].Name)}, limitsOf(*undo)...)...)
		}
	}
	c.node("done", round, "", "completed")
	before := "begin"
	for i := range o.plan.Steps {
		c.edge(before, plain, "", stepID(i))
		before = stepID(i)
	}
	c.edge(before, plain, "", "done")
	if valid {
		c.failures(o)
	}
	return c.String()
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

// failures draws where each step leads when it fails for good, and the way back from there.
func (c *chart) failures(o *outline) {
	running := NewInstance(Ref{Name: o.name})
	running.follow(StartSaga{Ref: running.ref, Version: o.version, Plan: o.plan, Go: true})
	next := map[string]string{} // on the way back
	leads := func(i int, label string, to consequence) {
		way := to.way(o.plan)
		c.edge(stepID(i), dotted, label, way[0])
		for at := range way[1:] {
			next[way[at]] = way[at+1]
		}
		next[way[len(way)-1]] = "" // an end
	}
	for i := range o.plan.Steps {
		refused, unknown := running.clone(), running.clone()
		unknown.follow(unknown.endingOpen(Interrupted))
		no, perhaps := refused.ifItFails(), unknown.ifItFails()
		if slices.Equal(no.way(o.plan), perhaps.way(o.plan)) {
			leads(i, "fails", no)
		} else {
			leads(i, "is refused", no)
			leads(i, "stays unknown", perhaps)
		}
		running.follow(running.endingOpen(Succeeded))
	}
	for i := range slices.Backward(o.plan.Steps) {
		if to := next[undoID(i)]; to != "" {
			c.edge(undoID(i), dotted, "", to)
		}
	}
	if _, is := next["failed"]; is {
		c.node("failed", round, "", "failed")
	}
	if _, is := next["parked"]; is {
		c.node("parked", hexagon, "", "parked")
	}
}
