package sqlite

import (
	"fmt"
	"math"

	"zombiezen.com/go/sqlite"

	"github.com/skaldgo/skald/eventstore"
)

// finish sees whether the page reached the end, in the snapshot that its statement still holds.
func (c *cursor) finish(r *reader, full bool, seen int) (err error) {
	c.ended = !full
	switch {
	case c.ended && c.dir == eventstore.Backwards && !c.passed:
		if last := min(c.at-1, c.head); last >= c.limit {
			return fmt.Errorf("%s is missing: %w", c.place(last), eventstore.ErrCorrupt)
		}
	case c.ended && seen == 0 && !c.passed && c.stream.name != "":
		revision, err := c.end(r)
		if err != nil {
			return err
		}
		return c.missed(revision)
	case c.ended && c.limit == math.MaxInt64 && c.stream.name != "":
		return c.proveEnd(r)
	case full && !c.follow && c.dir == eventstore.Forwards && c.limit == math.MaxInt64:
		if c.stream.name != "" {
			_, c.limit, err = r.heads.find(c.stream.name)
		} else {
			c.limit, err = r.lastPosition()
		}
		c.ended = c.at == c.limit
	case full:
		c.ended = c.at == c.limit
	case c.passed && c.at != c.limit && c.limit != math.MaxInt64:
		return fmt.Errorf("%s is the last one found, not %d: %w", c.place(c.at), c.limit, eventstore.ErrCorrupt)
	}
	return err
}

// start finds out what the first page of a read backwards must begin with. Whatever there is by then is there later.
func (c *cursor) start(r *reader) (err error) {
	if c.dir == eventstore.Forwards || c.passed {
		return nil
	}
	if c.stream.name != "" {
		c.head, err = c.end(r)
	} else {
		c.head, err = r.lastPosition()
	}
	return translate(c.doing(), err)
}

// proveEnd verifies that the stream ended where the page did. When there is more by now, it must be met on the same way:
// damage to the index leads past it each time.
func (c *cursor) proveEnd(r *reader) error {
	if c.beyond {
		return nil
	}
	more, err := r.heads.ends(c.stream, c.at)
	if err != nil || !more {
		return err
	}
	if err := c.statement(r).Reset(); err != nil { // before its arguments may be set again
		return err
	}
	stmt := c.bound(r)
	for {
		row, err := stmt.Step()
		if err != nil {
			return err
		}
		if !row || stmt.ColumnInt64(1) != c.stream.no {
			return fmt.Errorf("%s is missing: %w", c.place(c.at+1), eventstore.ErrCorrupt)
		}
		if stmt.ColumnInt64(2) == c.at+1 {
			return nil
		}
	}
}

// pass goes over the border to the next stream, on which the statement stands. It is the same proof as that of the
// headFinder, with the way here in the place of a search.
func (c *cursor) pass(stmt *sqlite.Stmt) error {
	at := entry{c.stream.no, c.at}
	for range 2 {
		next := entryAt(stmt, 1)
		if !at.precedes(next) || next.streamNo == c.stream.no {
			return fmt.Errorf("where stream %q, which is number %d, ends with revision %d, the index holds revision %d of number %d: %w",
				c.stream.name, c.stream.no, c.at, next.revision, next.streamNo, eventstore.ErrCorrupt)
		}
		at = next
		if row, err := stmt.Step(); err != nil || !row {
			c.beyond = err == nil
			return err
		}
	}
	c.beyond = true
	return nil
}

// end returns the last revision of the cursor's stream.
func (c *cursor) end(r *reader) (int64, error) {
	_, revision, err := r.heads.find(c.stream.name)
	if err == nil && revision < 0 {
		err = fmt.Errorf("stream %q: %w", c.stream.name, eventstore.ErrStreamNotFound)
	}
	return revision, err
}

// missed follows a first page that found nothing of a stream which exists: that is right for a read from beyond its end.
// Otherwise the stream was begun between the page and the question whether it exists, and the page is read once more.
func (c *cursor) missed(revision int64) error {
	switch {
	case revision <= c.at:
		return nil
	case c.again:
		return fmt.Errorf("stream %q ends at revision %d, but its events are not found: %w",
			c.stream.name, revision, eventstore.ErrCorrupt)
	}
	c.again, c.ended = true, false
	return nil
}
