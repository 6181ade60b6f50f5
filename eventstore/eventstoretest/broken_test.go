package eventstoretest_test

import (
	"context"
	"io"
	"iter"
	"slices"

	"github.com/skaldgo/skald/eventstore"
)

// broken is a store whose calls go through functions that may spoil them; those left nil go straight through.
type broken struct {
	eventstore.Store
	append func(ctx context.Context, stream string, expected eventstore.ExpectedRevision,
		events []eventstore.EventData) (eventstore.AppendResult, error)
	readStream func(ctx context.Context, stream string, from int64, dir eventstore.Direction) events
	readAll    func(ctx context.Context, after eventstore.Position, dir eventstore.Direction, f eventstore.Filter) events
	subscribe  func(ctx context.Context, after eventstore.Position, f eventstore.Filter) messages
	close      func() error
	lock       func(ctx context.Context, name string) (io.Closer, error)
	share      func(ctx context.Context, name string) (io.Closer, error)
	lease      func(ctx context.Context, r eventstore.LeaseRequest) (eventstore.LeaseGrant, error)
	logID      func() (string, error)
}

type (
	events   = iter.Seq2[eventstore.RecordedEvent, error]
	messages = iter.Seq2[eventstore.Message, error]
)

func (b broken) Append(ctx context.Context, stream string, expected eventstore.ExpectedRevision,
	events ...eventstore.EventData) (eventstore.AppendResult, error) {
	if b.append != nil {
		return b.append(ctx, stream, expected, events)
	}
	return b.Store.Append(ctx, stream, expected, events...)
}

func (b broken) ReadStream(ctx context.Context, stream string, from int64, dir eventstore.Direction) events {
	if b.readStream != nil {
		return b.readStream(ctx, stream, from, dir)
	}
	return b.Store.ReadStream(ctx, stream, from, dir)
}

func (b broken) ReadAll(ctx context.Context, after eventstore.Position, dir eventstore.Direction,
	f eventstore.Filter) events {
	if b.readAll != nil {
		return b.readAll(ctx, after, dir, f)
	}
	return b.Store.ReadAll(ctx, after, dir, f)
}

func (b broken) Subscribe(ctx context.Context, after eventstore.Position, f eventstore.Filter) messages {
	if b.subscribe != nil {
		return b.subscribe(ctx, after, f)
	}
	return b.Store.Subscribe(ctx, after, f)
}

func (b broken) Close() error {
	if b.close != nil {
		return b.close()
	}
	return b.Store.Close()
}

func (b broken) Lock(ctx context.Context, name string) (io.Closer, error) {
	if b.lock != nil {
		return b.lock(ctx, name)
	}
	return b.Store.(eventstore.Locker).Lock(ctx, name)
}

func (b broken) LockShared(ctx context.Context, name string) (io.Closer, error) {
	if b.share != nil {
		return b.share(ctx, name)
	}
	return b.Store.(eventstore.Locker).LockShared(ctx, name)
}

func (b broken) Lease(ctx context.Context, r eventstore.LeaseRequest) (eventstore.LeaseGrant, error) {
	if b.lease != nil {
		return b.lease(ctx, r)
	}
	return b.Store.(eventstore.Leaser).Lease(ctx, r)
}

func (b broken) LogID(ctx context.Context) (string, error) {
	if b.logID != nil {
		return b.logID()
	}
	return b.Store.(eventstore.Identified).LogID(ctx)
}

// mapped passes each element through a function that returns what the reader gets in its place.
func mapped[T any](seq iter.Seq2[T, error], instead func(T) []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for v, err := range seq {
			if err != nil {
				yield(v, err)
				return
			}
			for _, v := range instead(v) {
				if !yield(v, nil) {
					return
				}
			}
		}
	}
}

// readsInstead spoils every event read, whatever the call.
func readsInstead(s eventstore.Store, instead func(eventstore.RecordedEvent) []eventstore.RecordedEvent) broken {
	return broken{
		Store: s,
		readStream: func(ctx context.Context, stream string, from int64, dir eventstore.Direction) events {
			return mapped(s.ReadStream(ctx, stream, from, dir), instead)
		},
		readAll: func(ctx context.Context, after eventstore.Position, dir eventstore.Direction, f eventstore.Filter) events {
			return mapped(s.ReadAll(ctx, after, dir, f), instead)
		},
	}
}

// subscribesInstead spoils every message of a subscription.
func subscribesInstead(s eventstore.Store, instead func(eventstore.Message) []eventstore.Message) broken {
	return broken{Store: s, subscribe: func(ctx context.Context, after eventstore.Position, f eventstore.Filter) messages {
		return mapped(s.Subscribe(ctx, after, f), instead)
	}}
}

// appendsInstead spoils what is appended.
func appendsInstead(s eventstore.Store, instead func([]eventstore.EventData) []eventstore.EventData) broken {
	return broken{Store: s, append: func(ctx context.Context, stream string, expected eventstore.ExpectedRevision,
		events []eventstore.EventData) (eventstore.AppendResult, error) {
		return s.Append(ctx, stream, expected, instead(slices.Clone(events))...)
	}}
}
