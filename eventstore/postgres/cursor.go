package postgres

import (
	"context"
	"fmt"
	"math"

	"github.com/jackc/pgx/v5"

	"github.com/skaldgo/skald/eventstore"
)

// Sizes of a page.
const (
	firstPage   = 64
	largestPage = 2_048
	pageBytes   = 4 << 20
	// window is how many positions one query passes at most, so that a filter which matches little does not run for long.
	window = 20_000
)

// pager finds how many rows a page should have from how large those before were.
type pager struct{ rows int }

func (p *pager) next() int {
	if p.rows == 0 {
		p.rows = firstPage
	}
	return p.rows
}

func (p *pager) saw(page []eventstore.RecordedEvent) {
	bytes := 1
	for i := range page {
		bytes += len(page[i].Data) + len(page[i].Metadata)
	}
	fit := pageBytes / max(1, bytes/max(1, len(page)))
	p.rows = max(1, min(2*p.rows, fit, largestPage))
}

// streamCursor is a place in a stream.
type streamCursor struct {
	stream string
	at     int64
	dir    eventstore.Direction
	pager  pager
	begun  bool
}

// next reads a page; last says that there is nothing after it.
func (c *streamCursor) next(ctx context.Context, s *Store) (page []eventstore.RecordedEvent, last bool, err error) {
	statement, n, exists := sqlStreamForwards, c.pager.next(), true
	if c.dir == eventstore.Backwards {
		statement = sqlStreamBackwards
	}
	err = s.query(ctx, fmt.Sprintf("read stream %q", c.stream), func(ctx context.Context, conn *pgx.Conn) (err error) {
		rows, err := conn.Query(ctx, statement, c.stream, c.at, n)
		if page, err = scan(rows, err); err != nil || len(page) > 0 || c.begun {
			return err
		}
		return conn.QueryRow(ctx, sqlStreamExists, c.stream).Scan(&exists)
	})
	if err != nil {
		return nil, false, err
	}
	if !exists {
		return nil, false, fmt.Errorf("read stream %q: %w", c.stream, eventstore.ErrStreamNotFound)
	}
	if err := c.pass(page); err != nil {
		return nil, false, err
	}
	c.pager.saw(page)
	return page, len(page) < n || c.dir == eventstore.Backwards && c.at < 0, nil
}

// pass moves over a page, whose revisions have to follow each other.
func (c *streamCursor) pass(page []eventstore.RecordedEvent) error {
	step := int64(1)
	if c.dir == eventstore.Backwards {
		step = -1
	}
	for i := range page {
		first := !c.begun && c.dir == eventstore.Backwards
		if !first && page[i].Revision != c.at {
			return fmt.Errorf("event %d of stream %q is missing: %w", c.at, c.stream, eventstore.ErrCorrupt)
		}
		c.begun = true
		c.at = page[i].Revision + step
	}
	return nil
}

// logCursor is a place in the log.
type logCursor struct {
	dir     eventstore.Direction
	streams []string // prefixes; nil for all
	types   []string
	at      int64 // forwards: the last position passed; backwards: the last one not yet passed
	end     int64 // forwards: the last position to pass; unknown when negative
	follow  bool  // forwards: the end is the head as of each page
	pager   pager
}

func newLogCursor(after eventstore.Position, dir eventstore.Direction, f eventstore.Filter) *logCursor {
	c := &logCursor{dir: dir, streams: f.StreamPrefixes, types: f.TypePrefixes, at: major(after), end: -1}
	if len(c.streams) == 0 {
		c.streams = nil
	}
	if len(c.types) == 0 {
		c.types = nil
	}
	if dir == eventstore.Backwards {
		c.at--
		if after.IsZero() {
			c.at = math.MaxInt64
		}
	}
	return c
}

// next reads a page; last says that there is nothing after it.
func (c *logCursor) next(ctx context.Context, s *Store) (page []eventstore.RecordedEvent, last bool, err error) {
	var low, high int64
	n := c.pager.next()
	err = s.query(ctx, "read the log", func(ctx context.Context, conn *pgx.Conn) (err error) {
		if c.end < 0 || c.follow {
			if err := conn.QueryRow(ctx, sqlHead).Scan(&c.end); err != nil {
				return err
			}
		}
		statement := sqlLogForwards
		low, high = c.at, min(c.end, c.at+window)
		if c.dir == eventstore.Backwards {
			statement = sqlLogBackwards
			high = min(c.at, c.end)
			low = max(0, high-window)
		}
		if low >= high {
			return nil
		}
		rows, err := conn.Query(ctx, statement, low, high, c.streams, c.types, n)
		page, err = scan(rows, err)
		return err
	})
	if err != nil {
		return nil, false, err
	}
	if err := c.whole(page, low, high, n); err != nil {
		return nil, false, err
	}
	last = c.pass(page, low, high, n)
	c.pager.saw(page)
	return page, last, nil
}

// pass moves over a page and over what did not match.
func (c *logCursor) pass(page []eventstore.RecordedEvent, low, high int64, n int) (last bool) {
	if c.dir == eventstore.Backwards {
		c.at = low
		if len(page) == n {
			c.at = major(page[n-1].Position) - 1
		}
		return c.at <= 0
	}
	if len(page) == n {
		c.at = major(page[n-1].Position)
	} else if high > c.at {
		c.at = high
	}
	return c.at >= c.end
}

// whole finds events that are missing: without a filter, each position up to the head has one.
func (c *logCursor) whole(page []eventstore.RecordedEvent, low, high int64, n int) error {
	if c.streams != nil || c.types != nil || low >= high {
		return nil
	}
	next, step, count := low+1, int64(1), min(int64(n), high-low)
	if c.dir == eventstore.Backwards {
		next, step = high, -1
	}
	for i := range count {
		if i >= int64(len(page)) || major(page[i].Position) != next {
			return fmt.Errorf("the event at position %d is missing: %w", next, eventstore.ErrCorrupt)
		}
		next += step
	}
	return nil
}
