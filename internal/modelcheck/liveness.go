package modelcheck

import "fmt"

// wantWaysOut makes sure that from every state the saga can end, come to wait for a person who redrives it, or for a signal
// when no more are sent; and that no crash, lost or doubled answer, impatience, cancellation or pause is needed for that.
func (e *explorer) wantWaysOut() error {
	id := e.lost(e.rests)
	if id < 0 {
		return nil
	}
	w := e.states[id]
	e.breaks(w.log, nil, fmt.Sprintf("G19: the saga can neither end nor park, and it is %s", e.at(w.log).inst.State()))
	return e.violation(id)
}

// rests reports whether a saga has ended, or waits for somebody.
func (m *model) rests(w world) bool {
	past := &m.at(w.log).past
	return past.ended != open || past.parked || m.unsignalled(w)
}

// unsignalled reports whether a saga waits for nothing but a signal, for ever, and all that are sent have come.
func (m *model) unsignalled(w world) bool {
	n := m.at(w.log)
	if n.past.ended != open || n.past.waiting(m.of(w.log)) < 0 || n.past.halted() || w.flags.done(actSignal) < m.shape.Signals {
		return false
	}
	return n.past.used == n.past.signals && n.past.binding(m.of(w.log)) < 0 && n.next == 0 && len(m.ask(w.log, command{kind: proceed}).events) == 0
}
