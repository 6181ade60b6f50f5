package saga

import (
	"fmt"
)

// putAside leaves alone a saga whose stream cannot be used, and no other. An attempt of it that still runs here is waited
// for: should the saga be looked at again, nothing of it may start beside that.
func (g *Engine) putAside(e *entry, why error) {
	g.setAside[e.ref] = why.Error()
	g.refuseStarts(e, fmt.Errorf("%s: %w: %w", e.ref, ErrSetAside, why))
	if e.running == nil {
		g.forget(e)
		return
	}
	g.enter(e, phaseIdle)
	e.aside = true
	e.inbox, e.inflight, e.pending = nil, nil, nil
	g.clearTimer(e)
}

// leaveAside lets go of a saga that is set aside when its attempt has returned, whatever came of that.
func (g *Engine) leaveAside(e *entry, ended *runningAttempt) {
	again := e.again
	g.forget(e)
	switch {
	case !g.holds(e.ref):
		g.foreign[e.ref] = struct{}{}
		delete(g.setAside, e.ref)
	case again:
		e = g.newEntry(e.ref, e.def)
		e.takenOver = ended // if the log knows of no end of it, nobody else runs it
		g.load(e)
	}
}
