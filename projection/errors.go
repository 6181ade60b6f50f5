package projection

import (
	"errors"
	"fmt"

	"github.com/skaldgo/skald/eventstore"
)

// Errors to branch on with errors.Is.
var (
	// ErrRebuildNeeded: the read model cannot be written on; Rebuild makes it anew. It comes with one of the next three.
	ErrRebuildNeeded = errors.New("the read model needs a rebuild")
	// ErrOtherVersion: the read model was made by another version of the projection.
	ErrOtherVersion = errors.New("other version")
	// ErrOtherLog: the read model was made from another log.
	ErrOtherLog = errors.New("other log")
	// ErrLogBehind: the log ends before the checkpoint, as after the restore of an older backup.
	ErrLogBehind = errors.New("the log ends before the checkpoint")
	// ErrSuperseded: a later rebuild has taken the place of this one. See SupersededError.
	ErrSuperseded = errors.New("superseded")
	// ErrPoison: an event cannot be applied. See PoisonError.
	ErrPoison = errors.New("event cannot be applied")
	// ErrNotQuarantined: the stream to redrive is not in quarantine.
	ErrNotQuarantined = errors.New("not in quarantine")
)

// RebuildNeededError carries the facts of an ErrRebuildNeeded.
type RebuildNeededError struct {
	Projection string
	// Reason is ErrOtherVersion, ErrOtherLog or ErrLogBehind.
	Reason error
	// Stored is what the checkpoint says and Found what this program or its log says: versions, ids or positions.
	Stored, Found string
}

func (e *RebuildNeededError) Error() string {
	return fmt.Sprintf("projection %q: %v: the checkpoint has %s, here is %s; rebuild the projection",
		e.Projection, e.Reason, e.Stored, e.Found)
}

// Is makes errors.Is true for ErrRebuildNeeded and for the reason.
func (e *RebuildNeededError) Is(target error) bool {
	return target == ErrRebuildNeeded || target == e.Reason
}

// SupersededError carries the facts of an ErrSuperseded.
type SupersededError struct {
	Projection string
	// Holder is who took it over, empty when it has ended since.
	Holder string
}

func (e *SupersededError) Error() string {
	holder := e.Holder
	if holder == "" {
		holder = "a projector that has ended since"
	}
	return fmt.Sprintf("projection %q was taken over by %s", e.Projection, holder)
}

// Is makes errors.Is(err, ErrSuperseded) true.
func (e *SupersededError) Is(target error) bool { return target == ErrSuperseded }

// PoisonError names an event that cannot be applied and why.
type PoisonError struct {
	Projection string
	Stream     string
	Revision   int64
	Position   eventstore.Position
	Type       string
	// Err is what Apply returned, or its panic with the stack.
	Err error
}

func (e *PoisonError) Error() string {
	return fmt.Sprintf("projection %q cannot apply event %s, revision %d of stream %q at position %s: %v",
		e.Projection, e.Type, e.Revision, e.Stream, e.Position, e.Err)
}

// Is makes errors.Is(err, ErrPoison) true.
func (e *PoisonError) Is(target error) bool { return target == ErrPoison }

// Unwrap returns what Apply returned.
func (e *PoisonError) Unwrap() error { return e.Err }

// errMoved: a rebuild or a redrive has changed the tables under a live session, which goes on from what it finds.
var errMoved = errors.New("the read model was rebuilt or redriven")

// errEnded: the work ended because its context did, with everything in order.
var errEnded = errors.New("ended by its context")

// applyError marks what came from the projection, as opposed to the database.
type applyError struct{ err error }

func (e *applyError) Error() string { return e.err.Error() }
func (e *applyError) Unwrap() error { return e.err }
