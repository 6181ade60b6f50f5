package sagatest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

// redrive does what an operator does for a saga that is parked: looks at it, thinks, and redrives what was seen. On a
// saga that is not parked, or has moved on meanwhile, it changes nothing.
func (w *world) redrive(c *client, thinks time.Duration) {
	w.consider(c, thinks, func(seen *saga.Instance) saga.Command {
		return saga.Redrive{Actor: "operator", Reason: "the cause is removed", SeenRevision: seen.Revision()}
	}, w.refused(c, "redrive"))
}

// consider lets an operator look at a saga, think, and give the command that decide makes of what was seen, nil for none.
// heard is told what came of it.
func (w *world) consider(c *client, thinks time.Duration, decide func(seen *saga.Instance) saga.Command, heard func(error)) {
	w.spawn(nil, point{of: ofPerson, saga: c.number}, func() {
		seen, err := w.load(c.ref)
		if err == nil && thinks > 0 {
			w.current.by.yield(stop{wait: thinks})
		}
		if err == nil {
			if command := decide(seen.Aggregate); command != nil {
				_, err = w.of(c.ref).repo.Execute(context.Background(), c.ref.ID, command,
					aggregate.Envelope{CorrelationID: c.correlation(), Actor: "operator", At: w.now})
			}
		}
		heard(err)
	}, func() {})
}

// refused takes what an operator is told who has looked at a saga: that it has moved on meanwhile is no trouble.
func (w *world) refused(c *client, verb string) func(error) {
	return func(err error) {
		switch {
		case err == nil, errors.Is(err, saga.ErrNotParked), errors.Is(err, saga.ErrEnded):
		case errors.Is(err, saga.ErrStale):
			w.mark("an operator with an old view was refused")
		case c.poisoned && errors.Is(err, eventstore.ErrUnknownType), errors.Is(err, errCrashed):
		default:
			w.blame(fmt.Errorf("%s: %w", verb, err))
		}
	}
}

// operate lets an operator who has not looked cancel or end a saga, whatever it has come to.
func (w *world) operate(c *client, command saga.Command) {
	w.spawn(nil, point{of: ofPerson, saga: c.number}, func() {
		_, err := w.of(c.ref).repo.Execute(context.Background(), c.ref.ID, command,
			aggregate.Envelope{CorrelationID: c.correlation(), Actor: "operator", At: w.now})
		switch {
		case err == nil, errors.Is(err, saga.ErrEnded), errors.Is(err, saga.ErrTooLate), errors.Is(err, saga.ErrNotFound),
			errors.Is(err, saga.ErrNotPaused), errors.Is(err, saga.ErrNotRetried), errors.Is(err, saga.ErrInvalidPolicy):
		case c.poisoned && errors.Is(err, eventstore.ErrUnknownType), errors.Is(err, errCrashed):
		default:
			w.blame(fmt.Errorf("operate: %w", err))
		}
	}, func() {})
}

// pause lets an operator pause a saga, and resume it after a while.
func (w *world) pause(c *client, length time.Duration) {
	w.operate(c, saga.Pause{Actor: "operator", Reason: "to be looked at", SeenRevision: saga.NotSeen})
	w.after(length, func() { w.resume(c) })
}

func (w *world) resume(c *client) {
	w.operate(c, saga.Resume{Actor: "operator", Reason: "looked at", SeenRevision: saga.NotSeen})
}

// poison is an event that this program does not know, as a newer one might write it.
type poison struct{}

const typePoison = "WrittenByANewerProgram"

// EventType returns the name by which the log knows the type.
func (poison) EventType() string { return typePoison }

// newerSaga is a saga as a newer program sees it: it has one event more, which does not follow the end.
type newerSaga struct{ ended bool }

// Decide returns the event itself.
func (s *newerSaga) Decide(event saga.Event) ([]saga.Event, error) {
	if s.ended {
		return nil, nil
	}
	return []saga.Event{event}, nil
}

// Evolve takes note of the end.
func (s *newerSaga) Evolve(event saga.Event) {
	switch event.(type) {
	case saga.SagaCompleted, saga.SagaFailed, saga.SagaTerminated:
		s.ended = true
	}
}

// poison appends an event of an unknown type to a saga's stream. From then on nobody can go on with the saga.
func (w *world) poison(c *client) {
	w.spawn(nil, point{of: ofPerson, saga: c.number}, func() {
		_, err := w.of(c.ref).newer.Execute(context.Background(), c.ref.ID, poison{}, aggregate.Envelope{Actor: "newer", At: w.now})
		if err != nil && !errors.Is(err, errCrashed) {
			w.blame(fmt.Errorf("append an event of an unknown type: %w", err))
		}
	}, func() {})
}
