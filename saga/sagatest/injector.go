package sagatest

import (
	"time"

	"github.com/skaldgo/skald/saga"
)

// injector decides what goes wrong in a world, and how long things take.
type injector interface {
	// attempt decides about an attempt that is about to run.
	attempt(p *point) fate
	// call decides about a call of the store, before it is done. number counts the appends, 0 for a read.
	call(p *point, number int) storeFault
	// signal decides how the signal for a wait is sent.
	signal(p *point, step *saga.PlannedStep) sending
	// latency is how long a part of a call of the store, or a message, takes.
	latency(p *point, part int) time.Duration
	// jitter is drawn from [0,1).
	jitter(p *point) float64
	// downtime is how long a crashed orchestrator is away, before the restart that p names.
	downtime(p *point) time.Duration
	// relapse says when an orchestrator that has just restarted crashes again, while it looks for open sagas.
	relapse(p *point) (after time.Duration, does bool)
	// orphan decides whether a call whose sender has crashed meanwhile reaches the store all the same.
	orphan(p *point) bool
}

// meddler is an injector that also lets orchestrators crash around the appends of operators.
type meddler interface {
	operator(number int) storeFault
}

// fate is what becomes of an attempt.
type fate struct {
	kind  Kind          // "" when nothing goes wrong
	takes time.Duration // until the function returns, for kinds that do not say it themselves
	atEnd bool          // the participant is reached at the end of that time, not at its beginning
	again time.Duration // when what comes twice, or very late, comes for the last time
}

// storeFault is what becomes of a call of the store.
type storeFault string

// meddles reports whether the call itself goes well, and something comes upon the saga afterwards.
func (f storeFault) meddles() bool {
	switch f {
	case cancelAfter, sleepAfter, migrateAfter, endAfter, cancelParent, endParent, pauseParent:
		return true
	default:
		return false
	}
}

const (
	noFault         storeFault = ""
	crashBefore     storeFault = "crash before an append"
	crashAfter      storeFault = "crash after an append"
	refuseCall      storeFault = "store unavailable"
	falseConflict   storeFault = "conflict"
	timedOutUndone  storeFault = "append timed out before it was done"
	timedOutDone    storeFault = "append timed out after it was done"
	cancelAfter     storeFault = "an operator cancels after an append"
	sleepAfter      storeFault = "the deadline passes after an append"
	migrateAfter    storeFault = "an operator migrates after an append"
	endAfter        storeFault = "an operator ends a child after an append"
	cancelParent    storeFault = "an operator cancels a parent after an append"
	endParent       storeFault = "an operator ends a parent after an append"
	pauseParent     storeFault = "an operator pauses a parent after an append"
	staleRead       storeFault = "stale read"
	unavailableRead storeFault = "read unavailable"
)
