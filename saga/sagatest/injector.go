package sagatest

import (
	"time"

	"github.com/skaldgo/skald/saga"
)

// injector decides what goes wrong in a world, and how long things take.
type injector interface {
	// attempt decides about an attempt that is about to run.
	attempt(a saga.RunAttempt) fate
	// call decides about a call of the store, before it is done. number counts the appends, 0 for a read.
	call(number int) storeFault
	// latency is how long a call of the store, or a message, takes.
	latency() time.Duration
	// jitter is drawn from [0,1).
	jitter() float64
	// downtime is how long a crashed orchestrator is away.
	downtime() time.Duration
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
}

// storeFault is what becomes of a call of the store.
type storeFault string

const (
	noFault         storeFault = ""
	crashBefore     storeFault = "crash before an append"
	crashAfter      storeFault = "crash after an append"
	refuseCall      storeFault = "store unavailable"
	falseConflict   storeFault = "conflict"
	timedOutUndone  storeFault = "append timed out before it was done"
	timedOutDone    storeFault = "append timed out after it was done"
	staleRead       storeFault = "stale read"
	unavailableRead storeFault = "read unavailable"
)
