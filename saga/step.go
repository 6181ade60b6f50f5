package saga

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"
)

// DefaultTimeout limits one attempt of an action or compensation that names no Timeout of its own.
const DefaultTimeout = 5 * time.Minute

// StepOptions tunes a step. The zero value is a sensible step.
type StepOptions struct {
	// Timeout limits one attempt of the action. Default DefaultTimeout. When it passes, the attempt's context ends and
	// the outcome is unknown.
	Timeout time.Duration
	// TotalTimeout limits all attempts of the action together with the delays between them. 0 means no limit.
	TotalTimeout time.Duration
	// Retry says how the action is retried.
	Retry RetryPolicy
	// Compensation tunes the attempts of the compensation in the same way.
	Compensation AttemptOptions
	// CompensateOnFailure puts the step into the compensation plan even when it ended with a permanent error and no
	// earlier attempt may have had an effect: for actions that leave something behind when they refuse.
	CompensateOnFailure bool
}

// AttemptOptions tunes the attempts of a compensation; its fields mean what those of StepOptions do.
type AttemptOptions struct {
	Timeout      time.Duration
	TotalTimeout time.Duration
	Retry        RetryPolicy
}

// Step is one step of a definition over data of type D, or a group of them. Make it with Compensable, ReadOnly, Pivot,
// Retriable, Await, Child or Parallel; WithProbe adds to one.
type Step[D any] struct {
	name    string
	kind    Kind
	options StepOptions
	do      action
	undo    compensation
	origin  origin

	await    *awaitStep // of one that waits
	child    *childStep // of one that starts another saga
	branches []Step[D]  // of a group
	limit    int
	limited  bool
	within   string // the group that it is a branch of
	probe    *probeOf
}

// origin is what a step was made of, before the types were erased.
type origin struct {
	do, undo any
	result   reflect.Type
}

// action and compensation are the user's functions with their types erased: data and results travel as JSON, the form in
// which the log keeps them, so that a step sees the same after a restart as before it.
type (
	action       func(context.Context, rawCall) (json.RawMessage, error)
	compensation func(context.Context, rawCall, json.RawMessage) error
)

// Compensable makes a step with an effect and the compensation that undoes it.
//
// do may be called more than once for one saga, always with the same idempotency key: after a retry, and after a crash
// between its effect and the record of it. Its result is kept as JSON and reaches undo and later steps.
//
// undo is called in reverse start order when the saga fails, for every step that may have happened. result is nil when
// none is known, because the outcome of do is unknown: undo then finds out by the idempotency key of the action, which
// Call.ActionKey holds, and returns ErrNothingToCompensate (or nil) when there is nothing to undo.
func Compensable[D, R any](
	name string,
	do func(context.Context, Call[D]) (R, error),
	undo func(context.Context, Call[D], *R) error,
	options StepOptions,
) Step[D] {
	return Step[D]{
		name: name, kind: KindCompensable, options: options, do: eraseAction(do), undo: eraseCompensation(undo),
		origin: origin{do: do, undo: undo, result: reflect.TypeFor[R]()},
	}
}

// ReadOnly makes a step without an effect: it is retried like any other and never compensated.
func ReadOnly[D, R any](name string, do func(context.Context, Call[D]) (R, error), options StepOptions) Step[D] {
	return Step[D]{
		name: name, kind: KindReadOnly, options: options, do: eraseAction(do),
		origin: origin{do: do, result: reflect.TypeFor[R]()},
	}
}

// Pivot makes the step that is the point of no return. While it certainly has not happened, a failure compensates the
// steps before it; when its outcome is unknown it is asked again, and then the saga is parked: it is never compensated
// past. At most one per definition.
func Pivot[D, R any](name string, do func(context.Context, Call[D]) (R, error), options StepOptions) Step[D] {
	return Step[D]{
		name: name, kind: KindPivot, options: options, do: eraseAction(do),
		origin: origin{do: do, result: reflect.TypeFor[R]()},
	}
}

// Retriable makes a step after the point of no return. It is retried by its policy and then parked, never compensated.
// Without a pivot, the start of the first retriable step is the point of no return.
func Retriable[D, R any](name string, do func(context.Context, Call[D]) (R, error), options StepOptions) Step[D] {
	return Step[D]{
		name: name, kind: KindRetriable, options: options, do: eraseAction(do),
		origin: origin{do: do, result: reflect.TypeFor[R]()},
	}
}

func eraseAction[D, R any](do func(context.Context, Call[D]) (R, error)) action {
	if do == nil {
		return nil
	}
	return func(ctx context.Context, raw rawCall) (json.RawMessage, error) {
		call, err := typedCall[D](raw)
		if err != nil {
			return nil, err
		}
		result, err := do(ctx, call)
		if err != nil {
			return nil, err
		}
		return encodeResult(raw, result)
	}
}

func encodeResult(raw rawCall, result any) (json.RawMessage, error) {
	encoded, err := json.Marshal(result)
	if err != nil {
		return nil, fmt.Errorf("encode the result of step %q: %w", raw.step, err)
	}
	if len(encoded) > MaxPayloadBytes {
		return nil, fmt.Errorf("result of step %q has %d bytes, the limit is %d: keep it elsewhere and return a reference",
			raw.step, len(encoded), MaxPayloadBytes)
	}
	return encoded, nil
}

func eraseCompensation[D, R any](undo func(context.Context, Call[D], *R) error) compensation {
	if undo == nil {
		return nil
	}
	return func(ctx context.Context, raw rawCall, result json.RawMessage) error {
		call, err := typedCall[D](raw)
		if err != nil {
			return err
		}
		if result == nil {
			return undo(ctx, call, nil)
		}
		known := new(R)
		if err := json.Unmarshal(result, known); err != nil {
			return fmt.Errorf("decode the result of step %q for its compensation: %w", raw.step, err)
		}
		return undo(ctx, call, known)
	}
}

// ErrNothingToCompensate, returned by a compensation, says that the action had left nothing behind. It counts as success.
var ErrNothingToCompensate = errors.New("nothing to compensate")

// Permanent marks an error as final: the action certainly had no effect in this attempt, and no retry will help. For a
// compensation it means that no retry will help. Permanent(nil) is nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return &permanentError{err}
}

// IsPermanent reports whether err, or an error that it wraps, was marked by Permanent.
func IsPermanent(err error) bool {
	var p *permanentError
	return errors.As(err, &p)
}

type permanentError struct{ err error }

func (e *permanentError) Error() string { return e.err.Error() }
func (e *permanentError) Unwrap() error { return e.err }
