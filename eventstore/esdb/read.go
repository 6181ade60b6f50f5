package esdb

import (
	"context"
	"fmt"
	"iter"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/internal/once"
)

// pageSize is how many events are read at once. Nothing is held open between two pages.
const pageSize = 512

// ReadStream implements eventstore.Store.
func (s *Store) ReadStream(ctx context.Context, stream string, from int64, dir eventstore.Direction,
) iter.Seq2[eventstore.RecordedEvent, error] {
	return once.Seq(func(yield func(eventstore.RecordedEvent, error) bool) {
		if err := eventstore.ValidateReadStream(stream, from); err != nil {
			yield(eventstore.RecordedEvent{}, err)
			return
		}
		c := &streamCursor{stream: stream, at: from, dir: dir}
		s.drain(ctx, yield, c.next)
	})
}

// ReadAll implements eventstore.Store. Filters are applied here: the client library has none for reads.
func (s *Store) ReadAll(ctx context.Context, after eventstore.Position, dir eventstore.Direction, f eventstore.Filter,
) iter.Seq2[eventstore.RecordedEvent, error] {
	return once.Seq(func(yield func(eventstore.RecordedEvent, error) bool) {
		if err := f.Validate(); err != nil {
			yield(eventstore.RecordedEvent{}, err)
			return
		}
		c := &logCursor{at: after, dir: dir, filter: f}
		s.drain(ctx, yield, c.next)
	})
}

// drain yields page after page, to the last.
func (s *Store) drain(ctx context.Context, yield func(eventstore.RecordedEvent, error) bool,
	next func(context.Context, *Store) (page []eventstore.RecordedEvent, last bool, err error),
) {
	for last := false; !last; {
		var page []eventstore.RecordedEvent
		err := s.interrupted(ctx)
		if err == nil {
			page, last, err = next(ctx, s)
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

// streamCursor is a place in a stream.
type streamCursor struct {
	stream string
	at     int64
	dir    eventstore.Direction
	end    int64 // forwards: the last revision to yield
	begun  bool
}

func (c *streamCursor) next(ctx context.Context, s *Store) (page []eventstore.RecordedEvent, last bool, err error) {
	first := !c.begun
	c.begun = true
	if first && c.dir == eventstore.Backwards {
		// The server reads backwards from a revision that exists.
		end, err := s.lastRevision(ctx, c.stream)
		if err != nil {
			return nil, false, err
		}
		c.at = min(c.at, end)
	}
	options := esdb.ReadStreamOptions{Direction: esdb.Forwards, From: esdb.Revision(uint64(c.at))}
	if c.dir == eventstore.Backwards {
		options.Direction = esdb.Backwards
	}
	page, err = s.page(ctx, fmt.Sprintf("read stream %q", c.stream), pageSize,
		func(ctx context.Context, client *esdb.Client) (*esdb.ReadStream, error) {
			return client.ReadStream(ctx, c.stream, options, pageSize)
		})
	if err != nil {
		return nil, false, err
	}
	last = len(page) < pageSize
	if c.dir == eventstore.Backwards {
		if len(page) > 0 {
			c.at = page[len(page)-1].Revision - 1
		}
		return page, last || c.at < 0, nil
	}
	if first && (len(page) == 0 || !last) {
		// Either all events of the stream are hidden, which makes it one that is not there, or its end is further on.
		if c.end, err = s.lastRevision(ctx, c.stream); err != nil {
			return nil, false, err
		}
	}
	if len(page) == 0 || last && first {
		return page, true, nil
	}
	c.at = page[len(page)-1].Revision + 1
	for len(page) > 0 && page[len(page)-1].Revision > c.end {
		page = page[:len(page)-1]
	}
	return page, last || c.at > c.end, nil
}

// lastRevision returns the revision of a stream's last event, and ErrStreamNotFound when it shows none.
func (s *Store) lastRevision(ctx context.Context, stream string) (int64, error) {
	doing := fmt.Sprintf("read stream %q", stream)
	end := esdb.ReadStreamOptions{Direction: esdb.Backwards, From: esdb.End{}}
	final, err := s.page(ctx, doing, 1, func(ctx context.Context, client *esdb.Client) (*esdb.ReadStream, error) {
		return client.ReadStream(ctx, stream, end, 1)
	})
	if err != nil {
		return 0, err
	}
	if len(final) == 0 {
		return 0, fmt.Errorf("%s: %w", doing, eventstore.ErrStreamNotFound)
	}
	return final[0].Revision, nil
}

// logCursor is a place in the log.
type logCursor struct {
	at     eventstore.Position // passed already; zero for nothing
	dir    eventstore.Direction
	filter eventstore.Filter
	end    eventstore.Position // forwards: the last position to pass
	begun  bool
}

func (c *logCursor) next(ctx context.Context, s *Store) (page []eventstore.RecordedEvent, last bool, err error) {
	options := esdb.ReadAllOptions{Direction: esdb.Forwards, From: esdb.Start{}}
	if c.dir == eventstore.Backwards {
		options.Direction, options.From = esdb.Backwards, esdb.End{}
	} else if !c.begun {
		if c.end, err = s.head(ctx); err != nil {
			return nil, false, err
		}
	}
	c.begun = true
	if !c.at.IsZero() {
		options.From = position(c.at)
	}
	read, err := s.page(ctx, "read the log", pageSize, func(ctx context.Context, client *esdb.Client) (*esdb.ReadStream, error) {
		return client.ReadAll(ctx, options, pageSize)
	})
	if err != nil {
		return nil, false, err
	}
	moved := false
	for i := range read {
		e := &read[i]
		if !c.passes(e.Position) {
			continue
		}
		if c.dir == eventstore.Forwards && e.Position.After(c.end) {
			return page, true, nil
		}
		c.at, moved = e.Position, true
		if mine(e) && c.filter.Match(e.Stream, e.Type) {
			page = append(page, *e)
		}
	}
	return page, len(read) < pageSize || !moved, nil
}

// passes reports whether a position is beyond the cursor. The server begins with the event at the position asked for.
func (c *logCursor) passes(p eventstore.Position) bool {
	if c.at.IsZero() {
		return true
	}
	if c.dir == eventstore.Backwards {
		return c.at.After(p)
	}
	return p.After(c.at)
}
