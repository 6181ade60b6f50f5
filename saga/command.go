package saga

import (
	"encoding/json"
	"time"
)

// Command is what Instance.Decide answers. Time and randomness reach the decision as fields of it.
//
// Go tells whether a worker slot is held for the saga: only then does a decision start an attempt. Spare is how many more
// slots are held beside it, for the branches of a parallel group.
type Command interface{ sagaCommand() }

// StartSaga begins a saga. On a saga that was begun with equal data it decides nothing; with other data it is refused.
type StartSaga struct {
	Now            time.Time
	Ref            Ref
	Version        int
	DefinitionHash string
	CorrelationID  string
	Parent         *Parent
	Plan           *Plan
	Data           json.RawMessage
	Go             bool
	Spare          int
}

// Proceed starts the attempt that is due, and as many more as Spare allows.
type Proceed struct {
	Now   time.Time
	Spare int
}

// RecordOutcome records how an attempt ended, with everything that follows from it.
type RecordOutcome struct {
	Now       time.Time
	Step      string
	Direction Direction
	Attempt   int
	Outcome   Outcome
	// OfFunction: it tells of the function of the attempt, and not of the end of a child. Once the child was asked for it changes
	// nothing.
	OfFunction bool
	Jitter     float64 // from [0,1), for the delay before the next attempt
	Go         bool
	Spare      int
}

// Attend begins and ends the waits for signals that are to, and notes that the saga's deadline has passed. It needs no worker
// slot, and starts no attempt.
type Attend struct{ Now time.Time }

// DeliverSignal hands a signal over. With an ID that the saga knows it decides nothing.
type DeliverSignal struct {
	Now     time.Time
	ID      string
	Name    string
	Payload json.RawMessage
	Actor   string
}

// Recover takes over all open attempts, whose process is gone.
type Recover struct {
	Now    time.Time
	Jitter float64
	Go     bool
	Spare  int
}

// DeclareStillRunning parks the saga because an open or given-up attempt has not returned. Step is the one that it is of;
// where the saga does not stand there, or Step is "", it is parked where it stands.
type DeclareStillRunning struct{ Step string }

// DeclareMissing parks the saga because there is no function to run the next attempt of Step; "" is the first step at which
// the saga stands.
type DeclareMissing struct{ Step string }

// Redrive lets a parked saga go on.
type Redrive struct {
	Actor  string
	Reason string
	// SeenRevision is the revision that the operator had before them; any other is refused.
	SeenRevision int64
}

// NotSeen is the SeenRevision of an operator who did not look.
const NotSeen = -1

// Cancel asks for the saga to be undone. It is refused with ErrTooLate once the pivot has succeeded, or the first
// retriable step has started where there is no pivot. On a saga that is cancelled or compensating already it decides
// nothing.
type Cancel struct {
	Actor  string
	Reason string
	// SeenRevision is the revision that the operator had before them, or NotSeen; any other is refused.
	SeenRevision int64
}

// Terminate ends the saga as it stands: nothing is compensated.
type Terminate struct {
	Actor  string
	Reason string
	// SeenRevision is the revision that the operator had before them, or NotSeen; any other is refused.
	SeenRevision int64
}

// Pause has the saga stand still until it is resumed. On a saga that is paused already it decides nothing.
type Pause struct {
	Actor  string
	Reason string
	// SeenRevision is the revision that the operator had before them, or NotSeen; any other is refused.
	SeenRevision int64
}

// Resume lets a paused saga go on.
type Resume struct {
	Actor  string
	Reason string
	// SeenRevision is the revision that the operator had before them, or NotSeen; any other is refused.
	SeenRevision int64
}

// Extend gives the saga as a whole another deadline, also when it had none. It is refused with ErrTooLate once the saga has
// turned round, and with ErrInvalidDeadline when the deadline is not after Now.
type Extend struct {
	Now      time.Time
	Deadline time.Time
	Actor    string
	Reason   string
	// SeenRevision is the revision that the operator had before them, or NotSeen; any other is refused.
	SeenRevision int64
}

func (Extend) sagaCommand() {}

// Resolve says what came of the parked step: an action is completed, a compensation is done. It must be the one that the saga
// is parked at, and no attempt of it may be open.
type Resolve struct {
	Step      string
	Direction Direction
	// Result is that of an action, as JSON; nil is null. A compensation has none.
	Result json.RawMessage
	// Evidence tells how it is known that the step is undone. For compensations only, and they need it.
	Evidence string
	Actor    string
	Reason   string
	// SeenRevision is the revision that the operator had before them; any other is refused.
	SeenRevision int64
}

// Skip passes a step over at which the saga stands and of which no attempt is open. A saga that is parked must be so at that step.
type Skip struct {
	Step   string
	Actor  string
	Reason string
	// SeenRevision is the revision that the operator had before them; any other is refused.
	SeenRevision int64
}

func (Skip) sagaCommand()    {}
func (Resolve) sagaCommand() {}

// ChangeRetryPolicy has the attempts of one step go by another retry policy in one direction. It is refused with
// ErrInvalidPolicy where the plan has no such step or compensation, or the policy cannot be, and with ErrNotRetried where
// the step is done or given up.
type ChangeRetryPolicy struct {
	Step      string
	Direction Direction
	// Retry is the policy from then on; a zero field stays as it is.
	Retry  RetryPolicy
	Actor  string
	Reason string
	// SeenRevision is the revision that the operator had before them, or NotSeen; any other is refused.
	SeenRevision int64
}

// MigrateSaga lets a saga go on by a higher version of its definition. On a saga of that version and plan it decides nothing; one
// that has come to something which that version does not lead to is refused with a *MigrationError.
type MigrateSaga struct {
	Version        int
	DefinitionHash string
	Plan           *Plan
	Actor          string
	Reason         string
	// SeenRevision is the revision that the operator had before them, or NotSeen; any other is refused.
	SeenRevision int64
}

func (ChangeRetryPolicy) sagaCommand()   {}
func (MigrateSaga) sagaCommand()         {}
func (Pause) sagaCommand()               {}
func (Resume) sagaCommand()              {}
func (Attend) sagaCommand()              {}
func (DeliverSignal) sagaCommand()       {}
func (Cancel) sagaCommand()              {}
func (Terminate) sagaCommand()           {}
func (StartSaga) sagaCommand()           {}
func (Proceed) sagaCommand()             {}
func (RecordOutcome) sagaCommand()       {}
func (Recover) sagaCommand()             {}
func (DeclareStillRunning) sagaCommand() {}
func (DeclareMissing) sagaCommand()      {}
func (Redrive) sagaCommand()             {}

// maxStarts is how many attempts one decision starts: what it decides has to fit into one append.
const maxStarts = 100

// room is how many attempts a decision may start.
func room(goes bool, spare int) int {
	if !goes {
		return 0
	}
	return min(1+max(spare, 0), maxStarts)
}

// OutcomeKind is how an attempt ended.
type OutcomeKind uint8

// The ways in which an attempt can end. Every one but success and a permanent failure leaves it unknown whether the
// attempt had an effect.
const (
	Succeeded OutcomeKind = iota
	// SucceededWithNothing: a compensation found nothing to undo.
	SucceededWithNothing
	FailedTransiently
	FailedPermanently
	TimedOut
	Interrupted
)

// Outcome is how an attempt ended.
type Outcome struct {
	Kind   OutcomeKind
	Result json.RawMessage // of an action that succeeded
	Error  string
	Stack  string // of a panic
}
