package sqlite

import (
	"context"
	"iter"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/internal/once"
)

// ReadStream implements eventstore.Store. A stream of up to 256 events, or 1 MiB, is one query.
func (s *Store) ReadStream(ctx context.Context, stream string, from int64, dir eventstore.Direction,
) iter.Seq2[eventstore.RecordedEvent, error] {
	return once.Seq(func(yield func(eventstore.RecordedEvent, error) bool) {
		if err := eventstore.ValidateReadStream(stream, from); err != nil {
			yield(eventstore.RecordedEvent{}, err)
			return
		}
		c := s.borrowCursor()
		defer s.returnCursor(c)
		c.streamCursor(stream, from, dir)
		s.pages(ctx, c, yield)
	})
}

// ReadAll implements eventstore.Store. It verifies every event that it passes, matching or not.
func (s *Store) ReadAll(ctx context.Context, after eventstore.Position, dir eventstore.Direction, f eventstore.Filter,
) iter.Seq2[eventstore.RecordedEvent, error] {
	return once.Seq(func(yield func(eventstore.RecordedEvent, error) bool) {
		if err := f.Validate(); err != nil {
			yield(eventstore.RecordedEvent{}, err)
			return
		}
		c := s.borrowCursor()
		defer s.returnCursor(c)
		c.logCursor(after, dir, f)
		s.pages(ctx, c, yield)
	})
}

// pages yields what the cursor finds, to its end.
func (s *Store) pages(ctx context.Context, c *cursor, yield func(eventstore.RecordedEvent, error) bool) {
	for !c.ended {
		if err := s.fill(ctx, c); err != nil {
			yield(eventstore.RecordedEvent{}, err)
			return
		}
		for i := range c.page {
			if err := s.interrupted(ctx); err != nil {
				yield(eventstore.RecordedEvent{}, err)
				return
			}
			if !yield(c.page[i], nil) {
				return
			}
		}
	}
}

// fill reads the cursor's next page with a connection that it gives back before it returns.
func (s *Store) fill(ctx context.Context, c *cursor) error {
	if err := s.interrupted(ctx); err != nil {
		return err
	}
	return s.readers.with(ctx, c.fill)
}

// interrupted says why a read must not go on.
func (s *Store) interrupted(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	default:
		return s.refusal()
	}
}

// borrowCursor saves the memory of a page for each load of a small stream.
func (s *Store) borrowCursor() *cursor {
	if c, ok := s.cursors.Get().(*cursor); ok {
		return c
	}
	return &cursor{}
}

func (s *Store) returnCursor(c *cursor) {
	clear(c.page)
	c.reset(0, 0, eventstore.Forwards)
	s.cursors.Put(c)
}
