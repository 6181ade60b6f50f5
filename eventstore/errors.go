package eventstore

import (
	"errors"
	"fmt"
)

// Errors to branch on with errors.Is. Stores wrap them with what happened.
var (
	// ErrInvalid: the arguments break the contract; no repeat will help.
	ErrInvalid = errors.New("invalid argument")
	// ErrConflict: the stream is not at the expected revision. Decide again, with fresh event ids. See ConflictError.
	ErrConflict = errors.New("conflict")
	// ErrStreamNotFound: the stream holds no event.
	ErrStreamNotFound = errors.New("stream not found")
	// ErrTooLarge: the append is over MaxAppendBytes.
	ErrTooLarge = errors.New("too large")
	// ErrDenied: the store does not allow it, for instance because it was opened for reading only.
	ErrDenied = errors.New("denied")
	// ErrUnavailable: nothing was stored, and the same call may succeed later.
	ErrUnavailable = errors.New("unavailable")
	// ErrIndeterminate: it may have been stored. Repeat the identical call, same ids, to find out.
	ErrIndeterminate = errors.New("outcome unknown")
	// ErrCorrupt: stored bytes are not what was written.
	ErrCorrupt = errors.New("corrupt")
	// ErrClosed: the store was closed.
	ErrClosed = errors.New("closed")
	// ErrLocked: another holder has the lock. See LockedError.
	ErrLocked = errors.New("locked")
)

// ConflictError carries the facts of an ErrConflict.
type ConflictError struct {
	Stream   string
	Expected ExpectedRevision
	// Actual is the revision of the stream's last event, -1 when it has none.
	Actual int64
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("stream %q is at revision %d, expected %s", e.Stream, e.Actual, e.Expected)
}

// Is makes errors.Is(err, ErrConflict) true.
func (e *ConflictError) Is(target error) bool { return target == ErrConflict }

// LockedError carries the facts of an ErrLocked.
type LockedError struct {
	Name   string // of the lock
	Holder string // what is known of the holder: process id, host, since when
}

func (e *LockedError) Error() string {
	return fmt.Sprintf("lock %q is held by %s", e.Name, e.Holder)
}

// Is makes errors.Is(err, ErrLocked) true.
func (e *LockedError) Is(target error) bool { return target == ErrLocked }
