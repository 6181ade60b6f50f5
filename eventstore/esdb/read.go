package esdb

import (
	"context"
	"fmt"
	"iter"
	"math"
	"strings"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"github.com/skaldgo/skald/eventstore"
)

// pageSize is how many events are read at once. Nothing is held open between two pages.
const pageSize = 512

// ReadStream implements eventstore.Store.
func (s *Store) ReadStream(ctx context.Context, stream string, from int64, dir eventstore.Direction,
) iter.Seq2[eventstore.RecordedEvent, error] {
	return singleUse(func(yield func(eventstore.RecordedEvent, error) bool) {
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
	return singleUse(func(yield func(eventstore.RecordedEvent, error) bool) {
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
	begun  bool
}

func (c *streamCursor) next(ctx context.Context, s *Store) (page []eventstore.RecordedEvent, last bool, err error) {
	doing := fmt.Sprintf("read stream %q", c.stream)
	options := esdb.ReadStreamOptions{Direction: esdb.Forwards, From: esdb.Revision(uint64(c.at))} //nolint:gosec // not negative
	if c.dir == eventstore.Backwards {
		options.Direction = esdb.Backwards
		if !c.begun {
			if err := c.clamp(ctx, s, doing); err != nil {
				return nil, false, err
			}
		}
		options.From = esdb.Revision(uint64(c.at)) //nolint:gosec // not negative
	}
	c.begun = true
	page, err = s.page(ctx, doing, pageSize, func(ctx context.Context, client *esdb.Client) (*esdb.ReadStream, error) {
		return client.ReadStream(ctx, c.stream, options, pageSize)
	})
	if err != nil {
		return nil, false, err
	}
	if len(page) == 0 {
		return nil, true, nil
	}
	c.at = page[len(page)-1].Revision + 1
	if c.dir == eventstore.Backwards {
		c.at -= 2
	}
	return page, len(page) < pageSize || c.at < 0, nil
}

// clamp moves a place behind the end of the stream to its last event, from where the server reads backwards.
func (c *streamCursor) clamp(ctx context.Context, s *Store, doing string) error {
	end := esdb.ReadStreamOptions{Direction: esdb.Backwards, From: esdb.End{}}
	final, err := s.page(ctx, doing, 1, func(ctx context.Context, client *esdb.Client) (*esdb.ReadStream, error) {
		return client.ReadStream(ctx, c.stream, end, 1)
	})
	if err != nil {
		return err
	}
	for i := range final {
		c.at = min(c.at, final[i].Revision)
	}
	return nil
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
		if c.end, _, err = s.head(ctx); err != nil {
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

// head returns the position of the log's last event, the server's own included, and whether there is one.
func (s *Store) head(ctx context.Context) (eventstore.Position, bool, error) {
	options := esdb.ReadAllOptions{Direction: esdb.Backwards, From: esdb.End{}}
	last, err := s.page(ctx, "find the end of the log", 1, func(ctx context.Context, client *esdb.Client) (*esdb.ReadStream, error) {
		return client.ReadAll(ctx, options, 1)
	})
	if err != nil || len(last) == 0 {
		return eventstore.Position{}, false, err
	}
	return last[0].Position, true, nil
}

// lastAfter returns the position of the last event that is not the server's own, if there is one after a position, and
// else that position.
func (s *Store) lastAfter(ctx context.Context, after eventstore.Position) (eventstore.Position, error) {
	options := esdb.ReadAllOptions{Direction: esdb.Backwards, From: esdb.End{}}
	for n := 4; ; n = min(2*n, pageSize) {
		page, err := s.page(ctx, "find the end of the log", n, func(ctx context.Context, client *esdb.Client) (*esdb.ReadStream, error) {
			return client.ReadAll(ctx, options, uint64(n)) //nolint:gosec // positive
		})
		if err != nil {
			return after, err
		}
		for i := range page {
			switch {
			case !page[i].Position.After(after):
				return after, nil
			case mine(&page[i]):
				return page[i].Position, nil
			}
		}
		if len(page) < n {
			return after, nil
		}
		options.From = position(page[len(page)-1].Position)
	}
}

// page reads up to n events to the end, so that nothing stays open.
func (s *Store) page(ctx context.Context, doing string, n int, open func(context.Context, *esdb.Client) (*esdb.ReadStream, error),
) (page []eventstore.RecordedEvent, err error) {
	err = s.call(ctx, doing, func(ctx context.Context, client *esdb.Client) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel() // ends what the server still sends
		stream, err := open(ctx, client)
		if err != nil {
			return err
		}
		defer stream.Close()
		var got []eventstore.RecordedEvent
		for len(got) < n {
			resolved, err := stream.Recv()
			if isEnd(err) {
				break
			}
			if err != nil {
				return err
			}
			if resolved.Event != nil {
				got = append(got, recorded(resolved.Event))
			}
		}
		page = got
		return nil
	})
	if err != nil {
		return nil, err
	}
	return page, nil
}

func recorded(e *esdb.RecordedEvent) eventstore.RecordedEvent {
	return eventstore.RecordedEvent{
		ID: eventstore.EventID(e.EventID), Type: e.EventType, Stream: e.StreamID,
		Revision: int64(min(e.EventNumber, math.MaxInt64)), //nolint:gosec // it fits
		Position: eventstore.NewPosition(e.Position.Commit, e.Position.Prepare),
		Data:     e.Data, Metadata: e.UserMetadata, RecordedAt: e.CreatedDate,
	}
}

// mine leaves out what the server writes for itself.
func mine(e *eventstore.RecordedEvent) bool {
	return !strings.HasPrefix(e.Stream, "$") && !strings.HasPrefix(e.Type, "$")
}

func position(p eventstore.Position) esdb.Position {
	commit, prepare := p.Parts()
	return esdb.Position{Commit: commit, Prepare: prepare}
}
