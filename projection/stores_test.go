package projection_test

import (
	"context"
	"errors"
	"iter"
	"sync/atomic"

	"github.com/skaldgo/skald/eventstore"
)

// endless is a store that keeps the subscriber busy with checkpoints, and is caught up only when its gate opens.
type endless struct {
	eventstore.Store
	gate chan struct{}
}

func (s *endless) LogID(context.Context) (string, error) { return "endless", nil }

func (s *endless) Subscribe(ctx context.Context, after eventstore.Position, f eventstore.Filter,
) iter.Seq2[eventstore.Message, error] {
	return func(yield func(eventstore.Message, error) bool) {
		for m, err := range s.Store.Subscribe(ctx, after, f) {
			for m.Kind == eventstore.KindCaughtUp && ctx.Err() == nil {
				select {
				case <-s.gate:
				default:
					if !yield(eventstore.Message{Kind: eventstore.KindCheckpoint, Position: m.Position}, nil) {
						return
					}
					continue
				}
				break
			}
			if !yield(m, err) {
				return
			}
		}
	}
}

// unreachable is a store whose reads fail while it is down, and whose subscriptions wait for it to come back.
type unreachable struct {
	eventstore.Store
	down atomic.Bool
}

func (s *unreachable) ReadAll(ctx context.Context, after eventstore.Position, dir eventstore.Direction,
	f eventstore.Filter,
) iter.Seq2[eventstore.RecordedEvent, error] {
	if s.down.Load() {
		return func(yield func(eventstore.RecordedEvent, error) bool) {
			yield(eventstore.RecordedEvent{}, errors.Join(eventstore.ErrUnavailable))
		}
	}
	return s.Store.ReadAll(ctx, after, dir, f)
}

// named is a store with an id of its own.
type named struct {
	eventstore.Store
	id string
}

func (s *named) LogID(context.Context) (string, error) { return s.id, nil }

// observed is a store that tells of each message after the subscriber has taken it.
type observed struct {
	eventstore.Store
	delivered chan<- eventstore.Message
}

func (s *observed) Subscribe(ctx context.Context, after eventstore.Position, f eventstore.Filter,
) iter.Seq2[eventstore.Message, error] {
	return func(yield func(eventstore.Message, error) bool) {
		for m, err := range s.Store.Subscribe(ctx, after, f) {
			if !yield(m, err) {
				return
			}
			s.delivered <- m
		}
	}
}

// hooked is a store that calls a function each time that a forward read of the whole log has ended.
type hooked struct {
	eventstore.Store
	ended func()
}

func (s *hooked) LogID(ctx context.Context) (string, error) {
	return s.Store.(eventstore.Identified).LogID(ctx)
}

func (s *hooked) ReadAll(ctx context.Context, after eventstore.Position, dir eventstore.Direction, f eventstore.Filter,
) iter.Seq2[eventstore.RecordedEvent, error] {
	return func(yield func(eventstore.RecordedEvent, error) bool) {
		for e, err := range s.Store.ReadAll(ctx, after, dir, f) {
			if !yield(e, err) {
				return
			}
		}
		if dir == eventstore.Forwards {
			s.ended()
		}
	}
}
