package saga

import (
	"fmt"
	"time"
)

// MermaidInstance draws one saga as a flowchart in the language of Mermaid: what is done, what runs or is due, what remains,
// where it is parked, and the way back. The way that it has taken is drawn thick. While it goes forward, the dotted way is
// the one that it would take now if its current step were refused for good: that is asked of the saga's own decisions,
// and the saga stays as it is. A saga that has turned round shows its plan of compensations, one node for each of them.
//
// The same saga gives the same text, line by line: there is no clock in it, instants are those of the events. Names and
// errors are escaped. A saga with a Fault is drawn as far as its history could be understood. The saga must not be changed
// meanwhile.
func MermaidInstance(in *Instance) string {
	c := newChart()
	d := &drawing{chart: c, in: in, used: map[string]bool{}}
	c.node("begin", round, "", d.begin()...)
	d.forward()
	d.ended()
	if in.undoPlan != nil {
		d.back()
	} else {
		d.whatIf()
	}
	d.colours()
	return c.String()
}

// The classes of nodes, by which they are coloured.
const (
	classDone    = "done"
	classRunning = "running"
	classRemains = "remains"
	classFailed  = "failed"
	classParked  = "parked"
	classPerhaps = "perhaps"
)

// drawing is the chart of one saga.
type drawing struct {
	*chart
	in   *Instance
	used map[string]bool // classes
}

func (d *drawing) add(id string, s shape, class string, lines ...string) {
	d.used[class] = true
	d.node(id, s, class, lines...)
}

func (d *drawing) condition() string {
	switch {
	case d.in.fault != "":
		return "set aside, " + text(d.in.fault)
	case d.in.halted():
		words := d.in.state.String()
		if d.in.parked != nil {
			words += ", parked"
		}
		if d.in.paused != nil {
			words += ", paused"
		}
		return words
	}
	return d.in.state.String()
}

// begin tells of the saga as a whole.
func (d *drawing) begin() []string {
	lines := []string{text(d.in.ref.String()), d.condition()}
	switch {
	case d.in.overdue:
		lines = append(lines, "deadline passed at "+inChart(d.in.deadline))
	case !d.in.deadline.IsZero():
		lines = append(lines, "deadline "+inChart(d.in.deadline))
	}
	return lines
}

// forward draws the steps and the way through them.
func (d *drawing) forward() {
	in, before := d.in, "begin"
	if in.plan != nil {
		in.plan.through(func(i int) {
			d.step(i)
			d.edge(before, lineIf(in.steps[i].reached()), "", stepID(i))
			before = stepID(i)
		}, func(group, from, to int) { before = d.group(before, group, from, to) })
	}
	completed := in.state == StateCompleted
	class := classRemains
	if completed {
		class = classDone
	}
	d.add("done", round, class, "completed")
	d.edge(before, lineIf(completed), "", "done")
	if p := in.parked; p != nil && p.Direction == Action {
		d.parkedAt(d.at(p.Step))
	}
}

// at returns the node of a step; only a log that something else has written to names one that is not there.
func (d *drawing) at(step string) string {
	if i := d.in.plan.index(step); i >= 0 {
		return stepID(i)
	}
	return "begin"
}

func lineIf(taken bool) string {
	if taken {
		return thick
	}
	return plain
}

func stateWords(s StepState) string {
	if s == StepStateUnknown {
		return "outcome unknown"
	}
	return s.String()
}

func classOf(s StepState) string {
	switch s {
	case StepStateCompleted, StepStateCompensated:
		return classDone
	case StepStateExecuting, StepStateCompensating:
		return classRunning
	case StepStateFailed, StepStateUnknown:
		return classFailed
	case StepStatePending, StepStateSkipped:
	}
	return classRemains
}

// words tells of the attempts in a direction, of a saga that has ended or has not.
func (t track) words(ended bool) []string {
	var lines []string
	switch {
	case t.open && ended:
		lines = append(lines, fmt.Sprintf("attempt %d had no outcome yet", t.attempts))
	case t.open:
		lines = append(lines, fmt.Sprintf("attempt %d runs until %s", t.attempts, inChart(t.deadline.time())))
	case !t.due.IsZero() && t.used > 0:
		lines = append(lines, fmt.Sprintf("attempt %d is due at %s", t.attempts+1, inChart(t.due.time())))
	case t.attempts > 0:
		lines = append(lines, fmt.Sprintf("attempts %d", t.attempts))
	}
	if t.lastError != "" {
		lines = append(lines, text(t.lastError))
	}
	return lines
}

// inChart writes an instant so that no part of it means anything to Mermaid.
func inChart(t time.Time) string { return text(t.UTC().Format("2006-01-02 15.04.05.000 MST")) }

func (d *drawing) parkedAt(id string) {
	p := d.in.parked
	d.add("parked", hexagon, classParked, "parked", text(string(p.Reason)), text(p.Remedy()))
	d.edge(id, thick, "", "parked")
}

// back draws the way back of a saga that has turned round.
func (d *drawing) back() {
	in, before, label := d.in, d.at(d.in.failed), "turned round"
	for at, i := range in.undoPlan {
		s, id := &in.steps[i], undoID(at)
		class, state, lines := classRemains, "to do", []string(nil)
		switch {
		case at < in.undoAt:
			class, state = classDone, "done"
		case at == in.undoAt && s.undo != nil:
			lines = s.undo.words(in.state.Ended())
			class, state = classRunning, "under way"
		}
		d.add(id, slanted, class, append([]string{"undo " + text(in.plan.Steps[i].Name), state}, lines...)...)
		d.edge(before, lineIf(at <= in.undoAt), label, id)
		before, label = id, ""
	}
	if p := in.parked; p != nil && p.Direction == Compensation {
		d.parkedAt(d.undoneAt(p.Step))
	}
	failed := in.state == StateFailed
	class := classRemains
	if failed {
		class = classFailed
	}
	d.add("failed", round, class, "failed")
	d.edge(before, lineIf(failed), label, "failed")
}

// undoneAt returns the node of the last compensation of a step that has begun, or of the first if none has.
func (d *drawing) undoneAt(step string) string {
	id := d.at(step)
	for at, i := range d.in.undoPlan {
		if known := id != d.at(step); d.in.plan.Steps[i].Name == step && (at <= d.in.undoAt || !known) {
			id = undoID(at)
		}
	}
	return id
}

// whatIf draws the way that the saga would take now.
func (d *drawing) whatIf() {
	end := d.in.ifItFails()
	var at string
	switch {
	case end.turned != nil:
		at = end.turned.FailedStep
	case end.parked != nil && d.in.parked == nil:
		at = end.parked.Step
	default:
		return
	}
	before, label := d.at(at), "if it is refused for good"
	if i := d.in.plan.index(at); i >= 0 && d.in.plan.Steps[i].Await != nil {
		label = "if it lapses"
	}
	if d.in.gaveUp != nil {
		label = "when what runs has an outcome"
	}
	if end.parked != nil {
		d.add("parked", hexagon, classPerhaps, "would be parked", text(string(end.parked.Reason)))
		d.edge(before, dotted, label, "parked")
		return
	}
	for n, name := range end.turned.Plan {
		id := undoID(n)
		d.add(id, slanted, classPerhaps, "would undo "+text(name))
		d.edge(before, dotted, label, id)
		before, label = id, ""
	}
	d.add("failed", round, classPerhaps, "failed")
	d.edge(before, dotted, label, "failed")
}

func (d *drawing) colours() {
	for _, c := range [][3]string{
		{classDone, "#d3f9d8", "#2b8a3e"}, {classRunning, "#d0ebff", "#1864ab"}, {classRemains, "#f1f3f5", "#868e96"},
		{classFailed, "#ffe3e3", "#c92a2a"}, {classParked, "#fff3bf", "#e67700"}, {classPerhaps, "#ffffff", "#868e96"},
	} {
		if d.used[c[0]] {
			d.style(c[0], c[1], c[2])
		}
	}
}
