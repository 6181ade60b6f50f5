package saga

import (
	"time"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
)

// Input is what a shell tells an Engine.
type Input interface{ engineInput() }

// StartRequested asks for a new saga; a Reply with the same Token answers it.
type StartRequested struct {
	Token         uint64
	Ref           Ref
	Data          []byte // JSON that fits the definition
	CorrelationID string
	CausationID   string
	Actor         string
	Parent        *Parent // the saga that starts it, nil when none does
}

// SagaLoaded hands over a saga as its stream tells it, answering a LoadSaga effect or at a restart. The engine owns
// Instance from then on.
type SagaLoaded struct {
	Ref      Ref
	Instance *Instance
	Head     aggregate.Head
	// Err says why the stream could not be read or folded; the saga is then set aside.
	Err error
	// Missing: there is no such stream.
	Missing bool
	// Fence is the highest token in the stream.
	Fence uint64
	// Restart: whoever ran the saga's open attempt is known to be gone.
	Restart bool
	Jitter  float64
}

// EventSeen tells of an event in the log, whoever wrote it.
type EventSeen struct {
	Ref      Ref
	Revision int64
	Type     string
}

// EventsAppended acknowledges an AppendEvents effect.
type EventsAppended struct {
	Ref  Ref
	Head aggregate.Head
}

// AppendConflicted says that the saga's stream has moved on, and that nothing was appended.
type AppendConflicted struct{ Ref Ref }

// AppendRefused says that the store will never take the append, and that nothing was appended.
type AppendRefused struct {
	Ref Ref
	Err error
}

// AttemptEnded tells how an attempt that RunAttempt began has ended.
type AttemptEnded struct {
	Ref       Ref
	Step      string
	Direction Direction
	Attempt   int
	Outcome   Outcome
	Jitter    float64
}

// TimerFired tells that the instant of the saga's last SetTimer has come.
type TimerFired struct {
	Ref    Ref
	Jitter float64
}

// SagasFound tells an engine that shares a store of sagas that are open, as a scan of the log has found them.
type SagasFound struct{ Refs []Ref }

// LeasesChanged tells which shards are held now, all of them. With a shard its open sagas are taken up, and any attempt
// that another has left open is taken over. Those of a shard that is lost are let go at once: its attempts are cancelled,
// and only what comes of them is still recorded.
type LeasesChanged struct {
	Held []eventstore.ShardLease
	// Return are those of them that others should have: no attempt of theirs is begun any more, and when nothing of a shard is
	// in hand, a ShardVacated tells so.
	Return []eventstore.ShardLease
}

// ReturnOverdue cancels the attempts of the shards that are being returned.
type ReturnOverdue struct{}

// StopRequested begins a graceful stop: nothing new starts.
type StopRequested struct{}

// GraceEnded ends the patience of a stop: every running attempt is cancelled, and one that ends by it is interrupted.
type GraceEnded struct{}

func (StartRequested) engineInput()   {}
func (SagaLoaded) engineInput()       {}
func (EventSeen) engineInput()        {}
func (EventsAppended) engineInput()   {}
func (AppendConflicted) engineInput() {}
func (AppendRefused) engineInput()    {}
func (AttemptEnded) engineInput()     {}
func (TimerFired) engineInput()       {}
func (SagasFound) engineInput()       {}
func (LeasesChanged) engineInput()    {}
func (ReturnOverdue) engineInput()    {}
func (StopRequested) engineInput()    {}
func (GraceEnded) engineInput()       {}

// Effect is what an Engine asks its shell to do.
type Effect interface{ engineEffect() }

// AppendEvents asks to append to the saga's stream behind Head. Per saga at most one is under way.
type AppendEvents struct {
	Ref      Ref
	Head     aggregate.Head
	Events   []Event
	Envelope aggregate.Envelope
}

// AppendLate asks to keep news of a saga that has ended, in its late stream.
type AppendLate struct {
	Ref      Ref
	Event    Event
	Envelope aggregate.Envelope
}

// LoadSaga asks for a SagaLoaded.
type LoadSaga struct{ Ref Ref }

// RunAttempt asks to run a step's function and to answer with AttemptEnded. It follows the acknowledgement of the event
// that recorded it.
type RunAttempt struct {
	Ref       Ref
	Step      string
	Direction Direction
	Attempt   int
	Deadline  time.Time
	// Timeout is the longest that it may take, whatever the clock says: one that was put back makes the deadline distant.
	Timeout time.Duration
	// Probe tells whether the attempt asks the probe of its step, and whether it does anything else.
	Probe ProbeUse

	call   rawCall
	result []byte // of the action, for its compensation
	def    *compiled
}

// CancelAttempts asks to end the contexts of all running attempts.
type CancelAttempts struct{}

// CancelAttempt asks to end the context of one running attempt.
type CancelAttempt struct {
	Ref       Ref
	Step      string
	Direction Direction
	Attempt   int
}

// ShardVacated tells that nothing of a shard that is to be returned is in hand any more.
type ShardVacated struct{ Lease eventstore.ShardLease }

// TokenBehind tells that a saga's stream holds a higher token than that of its shard's lease: either another owner has
// the shard, or the log is older than the leases. The saga is let go until the shard is held by a higher one.
type TokenBehind struct {
	Ref   Ref
	Fence uint64
}

// SetTimer asks for a TimerFired at an instant, in place of the saga's earlier one; the zero instant asks for none.
type SetTimer struct {
	Ref Ref
	At  time.Time
}

// Reply answers a StartRequested.
type Reply struct {
	Token   uint64
	Created bool // false: the saga had been started before, with equal data
	Err     error
}

// Published tells of one transition that is durable.
type Published struct{ Transition Transition }

// Settled tells that a saga has ended or is parked. Instance is not touched again by the engine.
type Settled struct {
	Ref      Ref
	Instance *Instance
}

func (AppendEvents) engineEffect()   {}
func (AppendLate) engineEffect()     {}
func (LoadSaga) engineEffect()       {}
func (RunAttempt) engineEffect()     {}
func (CancelAttempts) engineEffect() {}
func (CancelAttempt) engineEffect()  {}
func (ShardVacated) engineEffect()   {}
func (TokenBehind) engineEffect()    {}
func (SetTimer) engineEffect()       {}
func (Reply) engineEffect()          {}
func (Published) engineEffect()      {}
func (Settled) engineEffect()        {}
