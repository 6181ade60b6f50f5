package modelcheck

import (
	"fmt"
	"slices"

	"github.com/skaldgo/skald/saga"
)

// moves returns everything that can happen in a world, valid until the next call.
func (m *model) moves(w world) []step {
	m.from, m.steps = w, m.steps[:0]
	if m.at(w.log).past.ended != open {
		return nil
	}
	for x := range 2 {
		m.orchestrator(w, x)
	}
	for _, f := range m.flights.of(w.flights) {
		if !f.answered() {
			m.participant(w, f)
		}
	}
	if by := m.at(w.log).next; by > 0 {
		next := w
		next.log = m.later(w.log, by)
		for x := range 2 {
			if w.snap[x] >= 0 {
				next.snap[x] = m.later(w.snap[x], by)
			}
		}
		m.to(next, move{kind: moveClock}, false)
	}
	if m.at(w.log).past.parked && int(w.flags.redrives) < m.shape.Redrives {
		next := w
		next.flags.redrives++
		if a := m.ask(w.log, command{kind: redrive}); m.agrees(w.log, a, command{kind: redrive}) {
			m.to(m.appended(next, -1, a), move{kind: moveRedrive}, false)
		}
	}
	return m.steps
}

func (m *model) to(next world, how move, fault bool) {
	if !m.unmerged {
		m.settle(&next)
	}
	s := step{next, how, fault}
	m.steps = append(m.steps, s)
	if m.broken != nil && !m.told {
		m.told = true
		m.broken.Trace = []string{m.words(m.from, s)}
	}
}

// orchestrator adds what one of them can do.
func (m *model) orchestrator(w world, x int) {
	if !w.up(x) {
		m.to(m.reloaded(w, x, true), move{kind: moveRestart, who: int8(x)}, false)
		return
	}
	if int(w.flags.crashes[x]) < m.shape.Crashes {
		next := w
		next.snap[x] = none
		next.flags.crashes[x]++
		next.flags.stale[x], next.flags.recovering[x] = false, false
		if int(w.flags.owner) == x+1 {
			next.flags.owner = 0
		}
		m.to(next, move{kind: moveCrash, who: int8(x)}, true)
	}
	if w.flags.stale[x] {
		m.to(m.reloaded(w, x, false), move{kind: moveReload, who: int8(x)}, false)
	}
	if w.snap[x] == outdated {
		return
	}
	if !m.at(w.snap[x]).past.begun {
		m.command(w, x, command{kind: startSaga}, 0)
		m.command(w, x, command{kind: startSaga, start: true}, 0)
		return
	}
	m.command(w, x, command{kind: proceed}, 0)
	m.timers(w, x)
	if w.flags.recovering[x] {
		m.command(w, x, command{kind: recoverAttempt}, 0)
		m.command(w, x, command{kind: recoverAttempt, start: true}, 0)
	}
	for _, f := range m.flights.of(w.flights) {
		if f.answered() && f.attempt() <= int(m.at(w.snap[x]).past.last(f.step(), f.dir())) {
			m.deliver(w, x, f)
		}
	}
}

// timers adds what an orchestrator does by itself about an attempt that does not end.
func (m *model) timers(w world, x int) {
	snapshot := m.at(w.snap[x])
	i, d := snapshot.past.openStep()
	if i >= 0 && int(w.flags.owner) == x+1 && snapshot.late {
		timedOut := command{
			kind: recordOutcome, step: int8(i), dir: d, attempt: snapshot.past.last(i, d), outcome: saga.TimedOut,
		}
		m.command(w, x, timedOut, 0)
		timedOut.start = true
		m.command(w, x, timedOut, 0)
	}
	if !m.shape.Impatient {
		return
	}
	m.command(w, x, command{kind: declareMissing}, 0)
	for _, f := range m.flights.of(w.flights) {
		last := int(snapshot.past.last(f.step(), f.dir()))
		isOpen := i == f.step() && d == f.dir() && last == f.attempt()
		if !f.answered() && f.attempt() <= last && !isOpen {
			m.command(w, x, command{kind: declareStillRunning}, 0)
			return
		}
	}
}

// deliver hands an answer to an orchestrator.
func (m *model) deliver(w world, x int, f flight) {
	kind, _ := f.answer()
	c := command{kind: recordOutcome, step: int8(f.step()), dir: f.dir(), attempt: int8(f.attempt()), outcome: kind}
	m.command(w, x, c, f)
	c.start = true
	m.command(w, x, c, f)
}

// command lets an orchestrator decide a command on what it has in hand, and append. from is the answer that led to it.
func (m *model) command(w world, x int, c command, from flight) {
	snap := w.snap[x]
	a := m.ask(snap, c)
	if !m.agrees(snap, a, c) {
		return
	}
	how := move{kind: moveCommand, who: int8(x), command: c, flight: from}
	fault := c.kind == declareMissing || c.kind == declareStillRunning
	used := w
	if from != 0 {
		used.flights = m.use(w.flights, from)
	}
	switch {
	case len(a.events) == 0 && from == 0:
	case len(a.events) == 0:
		m.wantRecorded(w, x, c)
		how.kind = moveIgnored
		m.to(used, how, false)
	case !w.flags.stale[x]:
		m.to(m.appended(used, x, a), how, fault)
	default:
		how.kind = moveConflict
		m.to(m.conflict(w, used, x, a), how, fault)
	}
}

// agrees reports whether Decide has answered. The world gives no command that it may refuse.
func (m *model) agrees(log nodeID, a *answer, c command) bool {
	if a.refuse != nil {
		m.breaks(log, nil, fmt.Sprintf("G24: Decide refuses when the orchestrator %s: %v", c, a.refuse))
		m.told = true
	}
	return a.refuse == nil
}

// wantRecorded makes sure that a success which the log does not know is not passed over by who knows the log.
func (m *model) wantRecorded(w world, x int, c command) {
	news := c.dir == saga.Action && c.outcome == saga.Succeeded && !m.at(w.log).past.steps[c.step].succeeded
	if news && !w.flags.stale[x] {
		m.breaks(w.log, nil, fmt.Sprintf("G11: nothing is recorded when the orchestrator %s", c))
	}
}

// use takes one copy of an answer.
func (m *model) use(set int32, f flight) int32 {
	if kind, copies := f.answer(); copies > 1 {
		return m.flights.replace(set, f, f.with(kind, copies-1))
	}
	return m.flights.replace(set, f)
}

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
	at, _ := m.at(log).past.openStep()
	if at < 0 {
		w.flags.owner = 0
	}
	if x < 0 {
		return w
	}
	w.flags.stale[x] = false
	w.flags.recovering[x] = w.flags.recovering[x] && at >= 0
	if f, starts := m.request(a.events); starts {
		w.flags.owner, w.flags.recovering[x] = uint8(x+1), false
		m.run(&w, f)
	}
	return w
}

// run sends a request to the participant. It must be that of the attempt which the log holds open, and the first of it.
func (m *model) run(w *world, f flight) {
	past := &m.at(w.log).past
	i, d := past.openStep()
	recorded := i == f.step() && d == f.dir() && int(past.last(i, d)) == f.attempt()
	again := slices.ContainsFunc(m.flights.of(w.flights), func(g flight) bool {
		return g.step() == f.step() && g.dir() == f.dir() && g.attempt() == f.attempt()
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

// request is the flight that begins with the last of the events.
func (m *model) request(events []saga.Event) (f flight, starts bool) {
	switch e := events[len(events)-1].(type) {
	case saga.StepStarted:
		return newFlight(stepIndex(e.Step), saga.Action, e.Attempt, m.keyOf(e.Key)), true
	case saga.CompensationStarted:
		return newFlight(stepIndex(e.Step), saga.Compensation, e.Attempt, m.keyOf(e.Key)), true
	}
	return 0, false
}

// conflict is the world after an append that found the log moved on: the orchestrator loads what is true. The answer that
// it had is not used up, and will be decided on again.
func (m *model) conflict(w, used world, x int, a *answer) world {
	switch m.under.OnConflict {
	case AppendAllTheSame:
		return m.appended(used, x, a)
	case RunAllTheSame:
		if f, starts := m.request(a.events); starts {
			m.run(&w, f)
		}
	case Reload:
	}
	return m.reloaded(w, x, false)
}

// reloaded is the world after an orchestrator has read the log.
func (m *model) reloaded(w world, x int, restart bool) world {
	at, _ := m.at(w.log).past.openStep()
	w.snap[x] = w.log
	w.flags.stale[x] = false
	w.flags.recovering[x] = at >= 0 && (restart || w.flags.recovering[x])
	return w
}

// participant adds every way in which a request can be acted on, and its answer be lost or doubled.
func (m *model) participant(w world, f flight) {
	b := m.books.all[w.books]
	for i, v := range m.verdicts(b, f) {
		next := w
		next.books = m.books.id(v.after)
		if v.after.net != b.net {
			m.wantEffect(w, f, v.after)
		}
		for copies := range 3 {
			if copies == 0 {
				next.flights = m.flights.replace(w.flights, f)
			} else {
				next.flights = m.flights.replace(w.flights, f, f.with(v.kind, copies))
			}
			m.to(next, move{kind: moveParticipant, flight: f, verdict: int8(i), copies: int8(copies)}, copies != 1)
		}
	}
}

// wantEffect judges an effect at the moment at which it happens.
func (m *model) wantEffect(w world, f flight, after books) {
	i := f.step()
	if net := after.net[i]; net < 0 || net > 1 {
		m.breaks(w.log, nil, fmt.Sprintf("E1: the effects of step %s sum up to %d", stepName(i), net))
	}
	if int(m.at(w.log).past.last(i, f.dir())) < f.attempt() {
		m.breaks(w.log, nil, fmt.Sprintf("E3: the %s has an effect and is not in the log", f))
	}
}
