package saga

import "slices"

// ways are where the steps of a definition lead when they fail for good.
type ways struct {
	*chart
	plan    *Plan
	running *Instance         // where it has come to
	next    map[string]string // on the way back
}

// failures draws where each step leads when it fails for good.
func (c *chart) failures(o *outline) {
	w := &ways{chart: c, plan: o.plan, running: NewInstance(Ref{Name: o.name}), next: map[string]string{}}
	w.running.follow(StartSaga{Ref: w.running.ref, Version: o.version, Plan: o.plan, Go: true, Spare: len(o.plan.Steps)})
	o.plan.through(w.alone, w.group)
	for i := range slices.Backward(o.plan.Steps) {
		if to := w.next[undoID(i)]; to != "" {
			c.edge(undoID(i), dotted, "", to)
		}
	}
	if _, is := w.next["failed"]; is {
		c.node("failed", round, "", "failed")
	}
	if _, is := w.next["parked"]; is {
		c.node("parked", hexagon, "", "parked")
	}
}

// alone draws where a step leads that is no branch, and goes on behind it.
func (w *ways) alone(i int) {
	if label, fails := w.plan.Steps[i].failing(); fails {
		no, perhaps := w.running.ifItFailsAt(i, false).way(w.plan), w.running.ifItFailsAt(i, true).way(w.plan)
		switch {
		case w.plan.Steps[i].Await != nil, slices.Equal(no, perhaps):
			w.leads(stepID(i), label, no)
		default:
			w.leads(stepID(i), "is refused", no)
			w.leads(stepID(i), "stays unknown", perhaps)
		}
	}
	w.running.follow(w.running.endingOpen(Succeeded))
}

func (w *ways) leads(from, label string, way []string) {
	w.edge(from, dotted, label, way[0])
	for at := range way[1:] {
		w.next[way[at]] = way[at+1]
	}
	w.next[way[len(way)-1]] = "" // an end
}
