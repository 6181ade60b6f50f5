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
	ref  Ref
	inst *Instance
	head aggregate.Head
	def  *compiled

	phase  phase
	queued bool // waits for a worker slot
	whole  bool // the definition has a function for every attempt that the plan can need
	// recovering: an open attempt of a process that is gone is to be taken over as soon as there is a slot.
	recovering bool
	// aside: the saga is set aside, and only its running attempt is waited for; again: it is to be looked at once more then.
	aside, again bool

	slots  int     // worker slots that it holds: one for each running attempt, and those for what it is about to begin
	seen   int64   // the highest revision that the log is known to hold
	jitter float64 // for recovering
	// takenOver are the attempts that the append under way takes over; another writer may come before it and leave them open.
	takenOver []*runningAttempt

	inbox    []Command        // not yet decided
	inflight []Command        // decided, in the append under way
	pending  []Event          // in the append under way
	starts   []StartRequested // to be answered
	running  []*runningAttempt
	children map[Ref]*attended // that the engine sees to
	fence    uint64            // the highest token that the stream is known to hold
	// pendingFence is the token of the append under way, or of the last one.
	pendingFence uint64
	wake         time.Time // of the timer that is set
	// beyond tells that the saga was migrated to a version above all that are registered, "" for any other.
	beyond string
}

// runningAttempt is an attempt whose function has not returned.
type runningAttempt struct {
	place
	name      string // of the step, which a migration may move to another place
	attempt   int
	deadline  time.Time
	cancelled bool // its context was ended because of its shard
}

func (e *entry) busy() bool { return e.phase != phaseIdle }

// ours reports whether all open attempts of the saga run here.
func (e *entry) ours() bool {
	i := 0 // both are mostly in one order, so the next one is looked for first where the last one was found
	for at := range e.inst.running() {
		attempt := e.inst.at(at).attempts
		left := len(e.running)
		for ; left > 0 && !e.running[i%len(e.running)].is(at, attempt); left-- {
			i++
		}
		if left == 0 {
			return false
		}
	}
	return true
}

func (r *runningAttempt) is(at place, attempt int) bool { return r.place == at && r.attempt == attempt }

// find returns the attempt among some, nil if it is none of them.
func find(among []*runningAttempt, at place, attempt int) *runningAttempt {
	for _, r := range among {
		if r.is(at, attempt) {
			return r
		}
	}
	return nil
}

// isOpen reports whether the log knows of no end of an attempt.
func (e *entry) isOpen(r *runningAttempt) bool {
	t := e.inst.at(r.place)
	return t.open && t.attempts == r.attempt
}

// lingers reports whether an attempt that was given up still runs: then nothing begins.
func (e *entry) lingers() bool {
	for _, r := range e.running {
		if !e.isOpen(r) {
			return true
		}
	}
	return false
}

// givesUp reports whether what has come in gives up an attempt that still runs.
func (e *entry) givesUp() bool {
	for _, command := range e.inbox {
		c, is := command.(RecordOutcome)
		if is && find(e.running, place{e.inst.plan.index(c.Step), c.Direction}, c.Attempt) != nil {
			return true
		}
	}
	return false
}

// openAttempts returns the open attempts of the saga.
func (e *entry) openAttempts() []*runningAttempt {
	var list []*runningAttempt
	for at := range e.inst.running() {
		list = append(list, &runningAttempt{place: at, name: e.inst.plan.Steps[at.step].Name, attempt: e.inst.at(at).attempts})
	}
	return list
}

// moveTo finds the attempts of the saga in the plan that it goes by now.
func (e *entry) moveTo(plan *Plan) {
	for _, attempts := range [][]*runningAttempt{e.running, e.takenOver} {
		for _, r := range attempts {
			r.step = plan.index(r.name)
		}
	}
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

// idle returns how many slots the saga holds to begin attempts with.
func (e *entry) idle() int { return e.slots - len(e.running) }

// hold makes sure that the saga has a slot to begin an attempt with, or a place in the queue for one.
func (g *Engine) hold(e *entry) bool {
	if e.idle() > 0 {
		return true
	}
	if g.reach(e, 1); e.idle() > 0 {
		return true
	}
	if !e.queued {
		e.queued = true
		g.queue = append(g.queue, e)
	}
	return false
}

// reach takes free slots for the saga until it has n to begin attempts with. It passes nobody who waits for one.
func (g *Engine) reach(e *entry, n int) {
	for e.idle() < n && g.free > 0 && len(g.queue) == 0 {
		g.free--
		e.slots++
	}
}

// release gives the slots that the saga does not use to those that have waited longest.
func (g *Engine) release(e *entry) {
	for e.idle() > 0 {
		e.slots--
		g.pass()
	}
}

func (g *Engine) pass() {
	for len(g.queue) > 0 {
		next := g.queue[0]
		g.queue[0] = nil
		g.queue = g.queue[1:]
		if next.queued {
			next.queued = false
			next.slots++
			g.ready = append(g.ready, next)
			return
		}
	}
	g.free++
}

// forget drops a saga from hand.
func (g *Engine) forget(e *entry) {
	g.enter(e, phaseIdle)
	g.counts.Attempts -= len(e.running) // their outcomes will find no saga to go to
	e.running, e.queued = nil, false
	g.forgetChildren(e)
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

// wakeAt returns when something is due for a saga that waits; zero for never. What cannot be done before the saga has got a
// slot, or before a restart, does not count: a timer for what is due already would fire for ever.
func (e *entry) wakeAt(stopping bool) (first time.Time) {
	for _, r := range e.running {
		if at := e.until(r); !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	if stopping || e.recovering || e.inst.halted() || e.lingers() {
		return first
	}
	if due := e.inst.nextDue(!e.queued); !due.IsZero() && (first.IsZero() || due.Before(first)) {
		first = due
	}
	return first
}

// until returns when something has to be done about a running attempt; zero for never.
func (e *entry) until(r *runningAttempt) time.Time {
	switch {
	case e.isOpen(r):
		return r.deadline
	case e.inst.halted():
		return time.Time{}
	}
	// Given up, and still running: it gets one further timeout to return in.
	return r.deadline.Add(e.inst.plan.Steps[r.step].policy(r.direction).Timeout())
}
