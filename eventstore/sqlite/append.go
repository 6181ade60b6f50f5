package sqlite

import (
	"context"
	"fmt"

	"github.com/skaldgo/skald/eventstore"
)

// Append implements eventstore.Store. Its cost is shared with all appends that wait at the same time: they are committed
// and synced together.
func (s *Store) Append(ctx context.Context, stream string, expected eventstore.ExpectedRevision,
	events ...eventstore.EventData,
) (eventstore.AppendResult, error) {
	if err := eventstore.ValidateAppend(stream, expected, events); err != nil {
		return eventstore.AppendResult{}, err
	}
	if err := s.refusal(); err != nil {
		return eventstore.AppendResult{}, err
	}
	if s.cfg.ReadOnly {
		return eventstore.AppendResult{}, fmt.Errorf("append to %q: the log was opened for reading only: %w",
			stream, eventstore.ErrDenied)
	}
	if err := ctx.Err(); err != nil {
		return eventstore.AppendResult{}, err
	}
	r := &request{stream: stream, expected: expected, events: events, done: make(chan struct{}, 1)}
	for i := range events {
		r.size += len(events[i].Data) + len(events[i].Metadata) + len(events[i].Type)
	}
	if err := s.queue.push(r); err != nil {
		return eventstore.AppendResult{}, err
	}
	select {
	case <-r.done:
		return r.result, r.err
	case <-ctx.Done():
		return s.abandon(ctx, r)
	}
}

// abandon ends an append whose context ended while it waited.
func (s *Store) abandon(ctx context.Context, r *request) (eventstore.AppendResult, error) {
	if s.queue.withdraw(r) {
		return eventstore.AppendResult{}, ctx.Err()
	}
	// The caller may use its slices again once this returns, so the writer must be through with them.
	select {
	case <-r.done:
		return r.result, r.err
	case <-r.bound:
	}
	select {
	case <-r.done:
		return r.result, r.err
	default:
		return eventstore.AppendResult{}, fmt.Errorf("append to %q: %w: %w", r.stream, eventstore.ErrIndeterminate, ctx.Err())
	}
}
