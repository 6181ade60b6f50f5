package modelcheck

import (
	"errors"
	"fmt"

	"github.com/skaldgo/skald/saga"
)

// outside adds what somebody outside can do. It is decided at the end of the log: whoever finds that the log has moved on
// decides anew.
func (m *model) outside(w world) {
	past, shape := &m.at(w.log).past, m.of(w.log)
	if past.parked {
		m.act(w, actRedrive, m.shape.Redrives, command{kind: redrive}, false)
	}
	if !past.begun {
		return
	}
	if m.shape.Signals > 0 && shape.waitsAnywhere() {
		m.act(w, actSignal, m.shape.Signals, command{kind: deliverSignal, attempt: past.signals}, false)
	}
	if !past.tooLate(shape) {
		m.act(w, actCancel, m.shape.Cancels, command{kind: cancel}, true)
	}
	if past.paused {
		m.act(w, actPause, most+1, command{kind: resume}, false)
	} else {
		m.act(w, actPause, m.shape.Pauses, command{kind: pause}, true)
	}
	if m.shape.told() {
		m.ofSteps(w)
	}
	if m.shape.Terminates {
		m.act(w, actCancel, most+1, command{kind: terminate}, true)
	}
	m.migrations(w)
}

// act adds one of these acts, if there were fewer than so many. Resumptions, ends and migrations are not counted.
func (m *model) act(w world, what act, limit int, c command, fault bool) {
	if w.flags.done(what) >= limit {
		return
	}
	a := m.ask(w.log, c)
	if !m.agrees(w.log, a, c) || len(a.events) == 0 {
		return
	}
	if limit <= most {
		w.flags.do(what)
	}
	m.to(m.appended(w, -1, a), move{kind: moveOutside, command: c}, fault)
}

// wantOperable makes sure that a log takes from outside what it should, and refuses the rest with the right words.
func (g *graph) wantOperable(id nodeID) {
	past, shape := &g.at(id).past, g.of(id)
	if !g.shape.operated() || !past.begun {
		return
	}
	unwanted := past.turned || past.cancelled || past.turning(shape)
	g.wantAnswer(id, command{kind: cancel}, !unwanted && !past.tooLate(shape), refusal(!unwanted && past.tooLate(shape), saga.ErrTooLate))
	g.wantAnswer(id, command{kind: pause}, !past.paused, nil)
	g.wantAnswer(id, command{kind: resume}, past.paused, refusal(!past.paused, saga.ErrNotPaused))
	if g.shape.told() {
		g.wantTold(id)
	}
	if g.shape.Next != nil {
		g.wantMigratable(id)
	}
	if !shape.waitsAnywhere() {
		g.wantAnswer(id, command{kind: deliverSignal, attempt: past.signals}, false, saga.ErrUnknownSignal)
	}
	for number := range past.signals {
		g.wantAnswer(id, command{kind: deliverSignal, attempt: number}, false, nil)
	}
}

func refusal(refused bool, err error) error {
	if refused {
		return err
	}
	return nil
}

// wantAnswer makes sure that a command changes a log, or does not, or is refused; after the end it always is, but for a signal
// that came before.
func (g *graph) wantAnswer(id nodeID, c command, changes bool, refused error) {
	past := g.at(id).past
	repeated := c.kind == deliverSignal && c.attempt < past.signals
	if past.ended != open && !repeated {
		changes, refused = false, saga.ErrEnded
	}
	events, err := g.call(id, c)
	if len(events) > 0 != changes || !errors.Is(err, refused) {
		g.breaks(id, events, fmt.Sprintf("G21: somebody %s: %v", c, err))
	}
}
