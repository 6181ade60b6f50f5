package saga

import (
	"fmt"
)

// putAside leaves alone a saga whose stream cannot be used, and no other. Attempts of it that still run here are waited
// for: should the saga be looked at again, nothing of it may start beside them.
func (g *Engine) putAside(e *entry, why error) {
	g.setAside[e.ref] = why.Error()
	g.refuseStarts(e, fmt.Errorf("%s: %w: %w", e.ref, ErrSetAside, why))
	if len(e.running) == 0 {
		g.forget(e)
		return
	}
	g.enter(e, phaseIdle)
	e.aside = true
	e.inbox, e.inflight, e.pending, e.takenOver = nil, nil, nil, nil
	e.queued = false
	g.forgetChildren(e)
	g.clearTimer(e)
	g.release(e)
}

// leaveAside lets go of a saga that is set aside when its attempts have returned, whatever came of them.
func (g *Engine) leaveAside(e *entry, ended *runningAttempt) {
	again, all := e.again, append(e.takenOver, ended)
	if len(e.running) > 0 {
		e.takenOver = all
		g.release(e)
		return
	}
	g.forget(e)
	switch {
	case !g.holds(e.ref):
		g.foreign[e.ref] = struct{}{}
		delete(g.setAside, e.ref)
	case again:
		e = g.newEntry(e.ref, e.def)
		e.takenOver = all // if the log knows of no end of them, nobody else runs them
		g.load(e)
	}
}
