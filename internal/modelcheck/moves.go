package modelcheck

import "github.com/skaldgo/skald/saga"

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
	m.outside(w)
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
	if int(w.flags.crashes[x]) < m.shape.Crashes && !(m.shape.Lone && x > 0) {
		next := w
		next.snap[x] = none
		next.flags.crashes[x]++
		next.flags.stale[x], next.flags.recovering[x] = false, false
		for i := range m.shape.Steps {
			if w.flags.owner(i) == x+1 {
				next.flags.own(i, 0)
			}
		}
		m.to(next, move{kind: moveCrash, who: int8(x)}, true)
	}
	if w.flags.stale[x] {
		m.to(m.reloaded(w, x, false), move{kind: moveReload, who: int8(x)}, false)
	}
	if w.snap[x] == outdated || m.under.Forsakes && m.letsGo(x, w.snap[x]) {
		return
	}
	if !m.at(w.snap[x]).past.begun {
		m.commands(w, x, command{kind: startSaga}, 0)
		return
	}
	if !m.letsGo(x, w.snap[x]) {
		m.goesOn(w, x)
	}
	m.timers(w, x)
	if w.flags.recovering[x] {
		m.commands(w, x, command{kind: recoverAttempt}, 0)
	}
	for _, f := range m.flights.of(w.flights) {
		if f.answered() && f.attempt() <= int(m.at(w.snap[x]).past.last(f.step(), f.dir())) {
			m.deliver(w, x, f)
		}
	}
}

// goesOn adds how an orchestrator has the saga go on.
func (m *model) goesOn(w world, x int) {
	shape := m.of(w.snap[x])
	for spare := range shape.widest() {
		m.command(w, x, command{kind: proceed, spare: int8(spare)}, 0)
	}
	if shape.attends() {
		m.command(w, x, command{kind: attend}, 0)
	}
}

// timers adds what an orchestrator does by itself about attempts that do not end.
func (m *model) timers(w world, x int) {
	snapshot := m.at(w.snap[x])
	for i := range m.shape.Steps {
		d, runs := snapshot.past.runs(m.of(w.snap[x]), i)
		if !runs || w.flags.owner(i) != x+1 || snapshot.late>>i&1 == 0 {
			continue
		}
		m.commands(w, x, command{
			kind: recordOutcome, step: int8(i), dir: d, attempt: snapshot.past.last(i, d), outcome: saga.TimedOut,
		}, 0)
	}
	if !m.shape.Impatient || m.letsGo(x, w.snap[x]) {
		return
	}
	for i := range max(1, len(m.shape.Group)) { // outside of a group the saga stands at one place, whatever is named
		m.command(w, x, command{kind: declareMissing, step: int8(i)}, 0)
	}
	for _, f := range m.flights.of(w.flights) {
		last := snapshot.past.last(f.step(), f.dir())
		isOpen := snapshot.past.open(f.step(), f.dir()) && int(last) == f.attempt()
		if !f.answered() && f.attempt() <= int(last) && !isOpen {
			m.command(w, x, command{kind: declareStillRunning, step: int8(f.step())}, 0)
		}
	}
}

// deliver hands an answer to an orchestrator.
func (m *model) deliver(w world, x int, f flight) {
	kind, _ := f.answer()
	m.commands(w, x, command{
		kind: recordOutcome, step: int8(f.step()), dir: f.dir(), attempt: int8(f.attempt()), outcome: kind, answers: true,
	}, f)
}
