package saga

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
)

// ChildResults are the results of the steps of a child saga, by the names of the steps: the result of the step that
// started it. They are left out, null, where together they are over MaxPayloadBytes; the child's own history has them.
type ChildResults map[string]json.RawMessage

// ChildOptions say what compensates a child saga that has completed, in one of three ways.
type ChildOptions[D any] struct {
	// Undo is a compensation as that of any step. results is nil when it is unknown how the child ended.
	Undo func(ctx context.Context, call Call[D], results *ChildResults) error
	// UndoSaga names the definition of a saga that is started and waited for; the step is compensated when it has completed.
	// When it fails, the saga is parked, and a redrive starts another one.
	UndoSaga string
	// UndoData gives the data that the saga of UndoSaga is started with.
	UndoData func(ctx context.Context, call Call[D]) (any, error)
	// NothingToUndo says that what a completed child has done may stay.
	NothingToUndo bool

	// Attempts tunes the attempts to give the child's data, Compensation those of Undo or UndoData.
	Attempts, Compensation AttemptOptions
}

// Child makes a step that starts another saga, of the named definition, and waits for its end. data gives what it is
// started with; it may be called more than once, and has no effect of its own. The child's id is made of the name and id of
// its parent and the name of the step: Parent/ID/step. It has the correlation id of its parent, and its first event names it.
//
// A child that completes completes the step; its results are the step's, as ChildResults. One that fails has compensated
// everything, and fails the step. One that an operator has ended leaves the step unknown. While it runs, or is parked, the
// parent waits, and holds no worker slot. A cancellation of the parent, or the passing of its deadline, cancels the child,
// and is held until the child has ended; a child beyond its point of no return completes first, and is compensated then.
//
// The definition of the child must be registered with the orchestrator as well.
func Child[D, C any](name, definition string, data func(context.Context, Call[D]) (C, error), options ChildOptions[D]) Step[D] {
	step := Step[D]{
		name: name, kind: KindChild, do: eraseAction(data), undo: eraseCompensation(options.Undo),
		options: StepOptions{
			Timeout: options.Attempts.Timeout, TotalTimeout: options.Attempts.TotalTimeout, Retry: options.Attempts.Retry,
			Compensation: options.Compensation,
		},
		origin: origin{do: data, undo: options.Undo, result: reflect.TypeFor[ChildResults]()},
		child:  &childStep{saga: definition, undoSaga: options.UndoSaga, undoData: eraseAction(options.UndoData), stays: options.NothingToUndo},
	}
	if options.Undo == nil {
		step.undo, step.origin.undo = nil, nil
	}
	return step
}

// childStep is what only a step that starts another saga has.
type childStep struct {
	saga     string
	undoSaga string
	undoData action
	stays    bool
}

// PlannedChild names the sagas that a step starts.
type PlannedChild struct {
	Saga string `json:"saga"`
	// UndoSaga compensates the step, "" where a function does or nothing is to be undone.
	UndoSaga string `json:"undo_saga,omitempty"`
}

// saga returns the definition that a step starts a saga of in a direction, "" when it starts none.
func (s *PlannedStep) saga(d Direction) string {
	switch {
	case s.Child == nil:
		return ""
	case d == Compensation:
		return s.Child.UndoSaga
	}
	return s.Child.Saga
}

// undoable reports whether the step has a compensation.
func (s *PlannedStep) undoable() bool {
	return s.Kind == KindCompensable || s.Kind == KindChild && s.Compensation != nil
}

// undoes reports whether the step has something to compensate it with.
func (s Step[D]) undoes() bool { return s.undo != nil || s.child != nil && s.child.undoSaga != "" }

func (s Step[D]) validateChild(f *faults) {
	c := s.child
	if err := validateName("saga name", c.saga); err != nil {
		f.add("step %q: %v", s.name, err)
	}
	ways := 0
	for _, way := range []bool{s.undo != nil, c.undoSaga != "", c.stays} {
		if way {
			ways++
		}
	}
	if ways != 1 {
		f.add("step %q has %d of Undo, UndoSaga and NothingToUndo, it must have one", s.name, ways)
	}
	if (c.undoSaga != "") != (c.undoData != nil) {
		f.add("step %q: UndoSaga and UndoData go together", s.name)
	}
	if c.undoSaga != "" {
		if err := validateName("saga name", c.undoSaga); err != nil {
			f.add("step %q: UndoSaga: %v", s.name, err)
		}
	}
}

// Parent is the saga, and the step of it, that has started a saga.
type Parent struct {
	Name string `json:"name"`
	ID   string `json:"id"`
	Step string `json:"step"`
}

// childID returns the id of the saga that a step starts, after so many that have failed.
func childID(parent Ref, step string, d Direction, failed int32) string {
	id := parent.Name + "/" + parent.ID + "/" + step
	if d == Compensation {
		id += "/undo"
	}
	if failed > 0 {
		id = fmt.Sprintf("%s/%d", id, failed+1)
	}
	return id
}

// results are those of a completed child, as the result of its parent's step.
func (in *Instance) results() json.RawMessage {
	all := ChildResults{}
	for i := range in.steps {
		if r := in.steps[i].result; r != nil {
			all[in.plan.Steps[i].Name] = r
		}
	}
	encoded, err := json.Marshal(all)
	if err != nil || len(encoded) > MaxPayloadBytes {
		return json.RawMessage("null")
	}
	return encoded
}
