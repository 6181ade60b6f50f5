package postgres

import (
	"context"
	"fmt"
	"iter"
	"math"

	"github.com/jackc/pgx/v5"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/internal/checksum"
	"github.com/skaldgo/skald/eventstore/internal/once"
)

// ReadStream implements eventstore.Store.
func (s *Store) ReadStream(ctx context.Context, stream string, from int64, dir eventstore.Direction,
) iter.Seq2[eventstore.RecordedEvent, error] {
	return once.Seq(func(yield func(eventstore.RecordedEvent, error) bool) {
		if err := eventstore.ValidateReadStream(stream, from); err != nil {
			yield(eventstore.RecordedEvent{}, err)
			return
		}
		c := &streamCursor{stream: stream, at: from, dir: dir}
		drain(ctx, s, yield, func(ctx context.Context) ([]eventstore.RecordedEvent, bool, error) {
			return c.next(ctx, s)
		})
	})
}

// ReadAll implements eventstore.Store. It verifies every event that it yields; those that the filter leaves out stay on
// the server.
func (s *Store) ReadAll(ctx context.Context, after eventstore.Position, dir eventstore.Direction, f eventstore.Filter,
) iter.Seq2[eventstore.RecordedEvent, error] {
	return once.Seq(func(yield func(eventstore.RecordedEvent, error) bool) {
		if err := f.Validate(); err != nil {
			yield(eventstore.RecordedEvent{}, err)
			return
		}
		c := newLogCursor(after, dir, f)
		drain(ctx, s, yield, func(ctx context.Context) ([]eventstore.RecordedEvent, bool, error) {
			return c.next(ctx, s)
		})
	})
}

// drain yields page after page, to the last.
func drain(ctx context.Context, s *Store, yield func(eventstore.RecordedEvent, error) bool,
	next func(context.Context) (page []eventstore.RecordedEvent, last bool, err error),
) {
	for last := false; !last; {
		var page []eventstore.RecordedEvent
		err := s.interrupted(ctx)
		if err == nil {
			page, last, err = next(ctx)
		}
		if err != nil {
			yield(eventstore.RecordedEvent{}, err)
			return
		}
		for i := range page {
			if err := s.interrupted(ctx); err != nil {
				yield(eventstore.RecordedEvent{}, err)
				return
			}
			if !yield(page[i], nil) {
				return
			}
		}
	}
}

// query runs a query with a connection that it gives back before it returns, within the call timeout. A connection that
// turns out to be broken is replaced once: reading again does no harm.
func (s *Store) query(ctx context.Context, doing string, do func(ctx context.Context, conn *pgx.Conn) error) error {
	limited, cancel := context.WithTimeout(ctx, s.cfg.CallTimeout)
	defer cancel()
	var err error
	for range 2 {
		if err = s.borrow(limited, do); err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if closed := s.interrupted(ctx); closed != nil {
			return closed
		}
		if known(err) || !broken(err) || limited.Err() != nil {
			break
		}
	}
	return translate(doing, err)
}

func (s *Store) borrow(ctx context.Context, do func(ctx context.Context, conn *pgx.Conn) error) error {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	return do(ctx, conn.Conn())
}

// scan reads the rows of an event query, and verifies each.
func scan(rows pgx.Rows, err error) ([]eventstore.RecordedEvent, error) {
	if err != nil {
		return nil, err
	}
	var (
		events                       []eventstore.RecordedEvent
		e                            eventstore.RecordedEvent
		position, revision, checksum int64
		verify                       verifier
	)
	into := []any{
		&position, &e.Stream, &revision, (*[16]byte)(&e.ID), &e.Type, &e.Data, &e.Metadata, &e.RecordedAt, &checksum,
	}
	_, err = pgx.ForEachRow(rows, into, func() error {
		e.Revision, e.Position = revision, eventstore.NewPosition(uint64(position), 0)
		e.RecordedAt = e.RecordedAt.UTC()
		if verify.sum(&e, position) != checksum {
			return fmt.Errorf("event %d of stream %q, at position %d, is not what was written: %w",
				revision, e.Stream, position, eventstore.ErrCorrupt)
		}
		events = append(events, e)
		e.Data, e.Metadata = nil, nil // those of the next event get memory of their own
		return nil
	})
	return events, err
}

// verifier computes checksums, the start of a stream's once for events in a row.
type verifier struct {
	summer checksum.Summer
	stream string
	start  uint32
}

func (v *verifier) sum(e *eventstore.RecordedEvent, position int64) int64 {
	if v.stream != e.Stream {
		v.stream, v.start = e.Stream, checksum.Stream(e.Stream)
	}
	return v.summer.Event(v.start, position, e.Revision, e.RecordedAt.UnixMicro(), &e.ID, e.Type, e.Data, e.Metadata)
}

// major returns the position as the number that it is in this store, the largest one for any that no event can have.
func major(p eventstore.Position) int64 {
	n, _ := p.Parts()
	return int64(min(n, math.MaxInt64))
}
