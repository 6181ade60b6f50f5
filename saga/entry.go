package saga

import (
	"time"

	"github.com/skaldgo/skald/aggregate"
)

// phase is what an engine waits for before it can decide about a saga again.
type phase uint8

const (
	phaseIdle phase = iota
	phaseAppending
	phaseLoading
)

// entry is one saga in hand.
type entry struct {
	ref    Ref
	inst   *Instance
	head   aggregate.Head
	def    *compiled
	phase  phase
	slot   bool  // holds a worker slot
	queued bool  // waits for one
	seen   int64 // the highest revision that the log is known to hold
	whole  bool  // the definition has a function for every attempt that the plan can need
	// recovering: an open attempt of a process that is gone is to be taken over as soon as there is a slot.
	recovering bool
	jitter     float64 // for recovering
	// takenOver is the attempt that the append under way takes over; another writer may come before it and leave it open.
	takenOver *runningAttempt

	inbox    []Command        // not yet decided
	inflight []Command        // decided, in the append under way
	pending  []Event          // in the append under way
	starts   []StartRequested // to be answered
	running  *runningAttempt
	fence    uint64 // the highest token that the stream is known to hold
	// pendingFence is the token of the append under way, or of the last one.
	pendingFence uint64
	wake         time.Time // of the timer that is set
	// aside: the saga is set aside, and only its running attempt is waited for; again: it is to be looked at once more then.
	aside, again bool
}

// runningAttempt is an attempt whose function has not returned.
type runningAttempt struct {
	step      int
	direction Direction
	attempt   int
	deadline  time.Time
	cancelled bool // its context was ended because of its shard
}

func (e *entry) busy() bool { return e.phase != phaseIdle }

// ours reports whether the saga's open attempt, if it has one, runs here.
func (e *entry) ours() bool {
	i, d, open := e.inst.open()
	if !open {
		return true
	}
	r := e.running
	return r != nil && r.step == i && r.direction == d && r.attempt == e.inst.steps[i].track(d).attempts
}

// enter puts a saga into a phase, and keeps count.
func (g *Engine) enter(e *entry, p phase) {
	if e.busy() {
		g.counts.busy--
	}
	e.phase = p
	if e.busy() {
		g.counts.busy++
	}
}

// hold takes a worker slot for the saga, or a place in the queue.
func (g *Engine) hold(e *entry) bool {
	if e.slot {
		return true
	}
	if g.free > 0 && len(g.queue) == 0 {
		g.free--
		e.slot = true
		return true
	}
	if !e.queued {
		e.queued = true
		g.queue = append(g.queue, e)
	}
	return false
}

// release gives the saga's slot to the one that has waited longest.
func (g *Engine) release(e *entry) {
	if !e.slot {
		return
	}
	e.slot = false
	for len(g.queue) > 0 {
		next := g.queue[0]
		g.queue[0] = nil
		g.queue = g.queue[1:]
		if next.queued {
			next.queued = false
			next.slot = true
			g.ready = append(g.ready, next)
			return
		}
	}
	g.free++
}

// forget drops a saga from hand.
func (g *Engine) forget(e *entry) {
	g.enter(e, phaseIdle)
	if e.running != nil {
		g.counts.Attempts-- // its outcome will find no saga to go to
	}
	e.queued = false
	g.clearTimer(e)
	delete(g.sagas, e.ref)
	g.release(e)
	g.counted(e.ref, -1)
}

func (g *Engine) clearTimer(e *entry) {
	if !e.wake.IsZero() {
		e.wake = time.Time{}
		g.emit(SetTimer{Ref: e.ref})
	}
}

// setTimer makes sure that a timer fires no later than at. A timer that fires too early does no harm, so an earlier one
// is left alone: a saga that moves from step to step sets one timer, not one for each step.
func (g *Engine) setTimer(e *entry, at time.Time) {
	if at.IsZero() || !e.wake.IsZero() && !at.Before(e.wake) {
		return
	}
	e.wake = at
	g.emit(SetTimer{Ref: e.ref, At: at})
}

// wakeAt returns when something is due for a saga that waits; zero for never.
func (e *entry) wakeAt() time.Time {
	if r := e.running; r != nil {
		t := e.inst.steps[r.step].track(r.direction)
		switch {
		case t.open && t.attempts == r.attempt:
			return r.deadline
		case e.inst.parked != nil:
			return time.Time{}
		}
		// Given up, and still running: it gets one further timeout to return in.
		return r.deadline.Add(e.inst.plan.Steps[r.step].policy(r.direction).Timeout())
	}
	i, d, ok := e.inst.current()
	if !ok || e.inst.parked != nil {
		return time.Time{}
	}
	return e.inst.steps[i].track(d).due
}
