package modelcheck

import (
	"fmt"
	"slices"

	"github.com/skaldgo/skald/saga"
)

// appended is the world after an append by an orchestrator, or by an operator for x < 0.
func (m *model) appended(w world, x int, a *answer) world {
	log := m.append(w.log, a)
	w.log = log
	for y := range 2 {
		if y == x {
			w.snap[y] = log
		} else if w.up(y) {
			w.flags.stale[y] = true
			if m.forgetful() {
				w.snap[y] = outdated // what it had in hand does not matter any more
			}
		}
	}
	past, shape := &m.at(log).past, m.of(log)
	for i := range m.shape.Steps {
		if _, runs := past.runs(shape, i); !runs {
			w.flags.own(i, 0)
		}
	}
	if x < 0 {
		return w
	}
	w.flags.stale[x] = false
	for _, f := range m.requests(shape, a.events) {
		w.flags.own(f.step(), x+1)
		m.run(&w, f)
	}
	if w.flags.recovering[x] {
		w.flags.recovering[x] = m.orphaned(&w, x)
	}
	return w
}

// orphaned reports whether functions run of which an orchestrator has begun none or not all.
func (m *model) orphaned(w *world, x int) bool {
	for i := range m.shape.Steps {
		if _, runs := m.at(w.log).past.runs(m.of(w.log), i); runs && w.flags.owner(i) != x+1 {
			return true
		}
	}
	return false
}

// run sends a request to the participant. It must be that of the attempt which the log holds open, and the first of it.
func (m *model) run(w *world, f flight) {
	past := &m.at(w.log).past
	d, runs := past.runs(m.of(w.log), f.step())
	recorded := runs && d == f.dir() && int(past.last(f.step(), d)) == f.attempt()
	again := slices.ContainsFunc(m.flights.of(w.flights), func(g flight) bool {
		return g.is(f.step(), f.dir(), int8(f.attempt()))
	})
	if !recorded || again {
		m.breaks(w.log, nil, fmt.Sprintf("F4: the %s runs: recorded as open %t, runs already %t", f, recorded, again))
	}
	w.flights = m.flights.add(w.flights, f)
}

// forgetful reports whether it does not matter what an orchestrator has in hand once the log has moved on.
func (m *model) forgetful() bool {
	return m.under.OnConflict == Reload && !m.shape.Snapshots && !m.unmerged
}

// requests are the flights that begin with some events.
func (m *model) requests(shape *Shape, events []saga.Event) (fs []flight) {
	for _, event := range events {
		switch e := event.(type) {
		case saga.StepStarted:
			if i := stepIndex(e.Step); !shape.waits(i) {
				fs = append(fs, newFlight(i, saga.Action, e.Attempt, m.keyOf(e.Key), e.Probe))
			}
		case saga.CompensationStarted:
			fs = append(fs, newFlight(stepIndex(e.Step), saga.Compensation, e.Attempt, m.keyOf(e.Key), saga.NoProbe))
		}
	}
	return fs
}

// conflict is the world after an append that found the log moved on: the orchestrator loads what is true. The answer that
// it had is not used up, and will be decided on again.
func (m *model) conflict(w, used world, x int, a *answer) world {
	switch m.under.OnConflict {
	case AppendAllTheSame:
		return m.appended(used, x, a)
	case RunAllTheSame:
		for _, f := range m.requests(m.of(a.from), a.events) {
			m.run(&w, f)
		}
	case Reload:
	}
	return m.reloaded(w, x, false)
}

// reloaded is the world after an orchestrator has read the log.
func (m *model) reloaded(w world, x int, restart bool) world {
	w.snap[x] = w.log
	w.flags.stale[x] = false
	begun := m.at(w.log).past.running(m.of(w.log)) > 0 && !m.letsGo(x, w.log)
	w.flags.recovering[x] = begun && (restart || w.flags.recovering[x])
	return w
}
