package saga

import "fmt"

// State is the state of a saga. Parked is a condition beside it, not a state: see [Parked].
type State uint8

// The states of a saga, in the order in which it can pass through them.
const (
	// StateNone: there is no such saga yet.
	StateNone State = iota
	// StateStarted: until the first step has an outcome.
	StateStarted
	// StatePending: on its way forward.
	StatePending
	// StateCompensating: undoing what was done, in reverse order.
	StateCompensating
	// StateCompleted: every step succeeded. The end.
	StateCompleted
	// StateFailed: every compensation has finished. The end.
	StateFailed
	// StateTerminated: an operator has ended it as it stood. The end.
	StateTerminated
)

var stateNames = [...]string{"none", "started", "pending", "compensating", "completed", "failed", "terminated"}

func (s State) String() string { return nameOf(stateNames[:], s) }

// Ended reports whether nothing can follow.
func (s State) Ended() bool { return s >= StateCompleted }

// MarshalText returns the lower-case name.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a lower-case name.
func (s *State) UnmarshalText(text []byte) error {
	return parseName(s, "saga state", stateNames[:], text)
}

// StepState is the state of one step of one saga.
type StepState uint8

// The states of a step.
const (
	// StepStatePending: not started.
	StepStatePending StepState = iota
	// StepStateExecuting: an attempt is open, or the next one is due.
	StepStateExecuting
	// StepStateCompleted: succeeded.
	StepStateCompleted
	// StepStateFailed: it certainly did not happen.
	StepStateFailed
	// StepStateUnknown: it may have happened.
	StepStateUnknown
	// StepStateCompensating: its compensation is open, or the next attempt of it is due.
	StepStateCompensating
	// StepStateCompensated: its compensation has ended.
	StepStateCompensated
	// StepStateSkipped: an operator has the saga pass it over. What an earlier attempt may have done is still compensated.
	StepStateSkipped
)

var stepStateNames = [...]string{
	"pending", "executing", "completed", "failed", "unknown", "compensating", "compensated", "skipped",
}

func (s StepState) String() string { return nameOf(stepStateNames[:], s) }

// MarshalText returns the lower-case name.
func (s StepState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a lower-case name.
func (s *StepState) UnmarshalText(text []byte) error {
	return parseName(s, "step state", stepStateNames[:], text)
}

// Direction tells a step's action from its compensation.
type Direction uint8

// The two directions.
const (
	Action Direction = iota
	Compensation
)

var directionNames = [...]string{"action", "compensation"}

func (d Direction) String() string { return nameOf(directionNames[:], d) }

// MarshalText returns the lower-case name.
func (d Direction) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads a lower-case name.
func (d *Direction) UnmarshalText(text []byte) error {
	return parseName(d, "direction", directionNames[:], text)
}

// Kind tells what a step's failure means for the saga.
type Kind uint8

// The kinds of step.
const (
	// KindCompensable: has an effect, and a compensation that undoes it. Only before the point of no return.
	KindCompensable Kind = iota
	// KindReadOnly: has no effect, so there is nothing to undo.
	KindReadOnly
	// KindPivot: the point of no return. When it has succeeded the saga can only go forward.
	KindPivot
	// KindRetriable: after the point of no return; retried until it succeeds or a person is needed.
	KindRetriable
	// KindAwait: waits for a signal. It has no effect, so there is nothing to undo.
	KindAwait
	// KindChild: starts another saga and waits for its end.
	KindChild
)

var kindNames = [...]string{"compensable", "read_only", "pivot", "retriable", "await", "child"}

func (k Kind) String() string { return nameOf(kindNames[:], k) }

// MarshalText returns the lower-case name.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads a lower-case name.
func (k *Kind) UnmarshalText(text []byte) error { return parseName(k, "step kind", kindNames[:], text) }

func nameOf[T ~uint8](names []string, v T) string {
	if int(v) < len(names) {
		return names[v]
	}
	return fmt.Sprintf("invalid(%d)", v)
}

func parseName[T ~uint8](into *T, what string, names []string, text []byte) error {
	for i, name := range names {
		if name == string(text) {
			*into = T(i)
			return nil
		}
	}
	return fmt.Errorf("%s %q is none of %v", what, text, names)
}
