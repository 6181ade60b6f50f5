package aggregate

import (
	"errors"
	"fmt"
)

// ErrChainBroken: an event is not what was written, or not where it was written. See ChainError. Errors of the store and
// of the registry come through as they are.
var ErrChainBroken = errors.New("hash chain broken")

// ChainError carries the facts of an ErrChainBroken.
type ChainError struct {
	Stream   string
	Revision int64 // the first place at which the chain does not hold
	Reason   string
}

func (e *ChainError) Error() string {
	return fmt.Sprintf("hash chain of stream %q is broken at revision %d: %s", e.Stream, e.Revision, e.Reason)
}

// Is makes errors.Is(err, ErrChainBroken) true.
func (e *ChainError) Is(target error) bool { return target == ErrChainBroken }

// DecodeError says that a stored event cannot be turned into a Go value.
type DecodeError struct {
	Stream   string
	Revision int64
	Type     string
	Err      error // eventstore.ErrUnknownType, eventstore.ErrNewerSchema, or what the decoder reported
}

func (e *DecodeError) Error() string {
	return fmt.Sprintf("decode event %q at revision %d of stream %q: %v", e.Type, e.Revision, e.Stream, e.Err)
}

// Unwrap returns Err.
func (e *DecodeError) Unwrap() error { return e.Err }
