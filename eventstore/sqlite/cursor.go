package sqlite

import (
	"fmt"
	"math"

	"zombiezen.com/go/sqlite"

	"github.com/skaldgo/skald/eventstore"
)

// A page starts small, for those who read little, and grows.
const (
	firstPageRows = 256
	maxPageRows   = 2_048
	maxPageBytes  = 1 << 20
)

// cursor reads the log, or one stream, page by page. Between pages it holds nothing of the database. Its key is the
// position in the log, or the revision in a stream.
type cursor struct {
	stream streamName // its name is empty when the cursor reads the whole log
	dir    eventstore.Direction
	filter eventstore.Filter
	follow bool // read to no fixed end

	at     int64 // forwards: the last key passed; backwards: the key before which to read on
	limit  int64 // the last key to be read; forwards it is found with the first page
	head   int64 // backwards: the last key there was before the first page
	before int64 // at, before the page
	beyond bool  // whether the page has seen the next stream begin
	passed bool  // whether any row was seen
	rows   int   // of the next page
	ended  bool  // whether the last page reached the end
	again  bool  // whether the first page was read a second time

	page  []eventstore.RecordedEvent // what matched
	arena arena
}

// reset makes a cursor like a new one that reads between two keys, and keeps its memory.
func (c *cursor) reset(at, limit int64, dir eventstore.Direction) {
	*c = cursor{at: at, limit: limit, dir: dir, rows: firstPageRows, page: c.page[:0]}
}

// logCursor reads the log after a position, or before it when backwards; from the zero position, everything.
func (c *cursor) logCursor(from eventstore.Position, dir eventstore.Direction, f eventstore.Filter) {
	major, minor := from.Parts()
	at := int64(min(major, math.MaxInt64))
	if dir == eventstore.Forwards {
		c.reset(at, math.MaxInt64, dir)
	} else {
		if minor > 0 && at < math.MaxInt64 {
			at++ // the store's own position of that number is before this one
		}
		if from.IsZero() {
			at = math.MaxInt64
		}
		c.reset(at, 1, dir)
	}
	c.filter = f
}

// streamCursor reads a stream from a revision, 0 or more, inclusive.
func (c *cursor) streamCursor(stream string, from int64, dir eventstore.Direction) {
	if dir == eventstore.Forwards {
		c.reset(from-1, math.MaxInt64, dir)
	} else {
		c.reset(min(from, math.MaxInt64-1)+1, 0, dir)
	}
	c.stream = streamName{name: stream, sum: streamSum(stream)}
}

// bound returns the statement that reads the next page.
func (c *cursor) bound(r *reader) *sqlite.Stmt {
	stmt := c.statement(r)
	if c.fromItsBeginning() {
		stmt.BindText(1, c.stream.name)
		return stmt
	}
	stmt.BindInt64(1, c.before)
	stmt.BindInt64(2, c.limit)
	if c.stream.name != "" {
		stmt.BindText(3, c.stream.name)
	}
	return stmt
}

// fromItsBeginning reports whether the next page is the first one of a stream, whose statement goes on beyond its end.
func (c *cursor) fromItsBeginning() bool {
	return c.stream.name != "" && c.dir == eventstore.Forwards && c.before < 0
}

func (c *cursor) statement(r *reader) *sqlite.Stmt {
	ofStream, backwards := c.stream.name != "", c.dir == eventstore.Backwards
	switch {
	case c.fromItsBeginning():
		return r.streamOnwards
	case ofStream && backwards:
		return r.streamBackwards
	case ofStream:
		return r.streamForwards
	case backwards:
		return r.backwards
	}
	return r.forwards
}

// fill reads the next page. After an error the cursor is where it was, with an empty page: a subscription tries again.
func (c *cursor) fill(r *reader) (err error) {
	if err := c.start(r); err != nil {
		return err
	}
	at, passed := c.at, c.passed
	c.before, c.beyond = at, false
	stmt := c.bound(r)
	defer func() {
		if resetErr := stmt.Reset(); err == nil {
			err = resetErr
		}
		if err != nil {
			clear(c.page)
			c.at, c.passed, c.page = at, passed, c.page[:0]
			err = translate(c.doing(), err)
		}
	}()
	clear(c.page)
	c.page = c.page[:0]
	seen, bytes := 0, c.arena.used
	full := false
	for !full {
		row, err := stmt.Step()
		if err != nil {
			return err
		}
		if !row {
			break
		}
		if seen > 0 && c.fromItsBeginning() && stmt.ColumnInt64(1) != c.stream.no {
			if err := c.pass(stmt); err != nil {
				return err
			}
			break
		}
		seen++
		if err := c.take(r, stmt); err != nil {
			return err
		}
		full = seen == c.rows || c.arena.used-bytes >= maxPageBytes
	}
	c.rows = min(4*c.rows, maxPageRows)
	return c.finish(r, full, seen)
}

// take adds the row on which the statement stands to the page, if it matches. What does not match is verified as well:
// else damage could make an event seem not to match.
func (c *cursor) take(r *reader, stmt *sqlite.Stmt) error {
	key := stmt.ColumnInt64(0)
	stream := c.stream
	if stream.name != "" {
		key = stmt.ColumnInt64(2)
		no := stmt.ColumnInt64(1)
		if c.passed && no != c.stream.no {
			return fmt.Errorf("%s stands under stream number %d, not %d: %w", c.place(key), no, c.stream.no, eventstore.ErrCorrupt)
		}
		c.stream.no = no
	} else {
		var err error
		if stream, err = r.streamOf(stmt.ColumnInt64(1)); err != nil {
			return translate(fmt.Sprintf("event at position %d", key), err)
		}
	}
	if err := c.advance(key); err != nil {
		return err
	}
	before, n := c.arena, len(c.page)
	c.page = append(c.page, eventstore.RecordedEvent{})
	if err := r.scan(stmt, stream, &c.arena, &c.page[n]); err != nil {
		return err
	}
	if !c.filter.IsZero() && !c.filter.Match(stream.name, c.page[n].Type) {
		c.page[n] = eventstore.RecordedEvent{}
		c.page = c.page[:n]
		c.arena.takeBack(before)
	}
	return nil
}

// advance passes a key, and notices one that is missing: keys have no gaps.
func (c *cursor) advance(key int64) error {
	want := c.at + 1
	if c.dir == eventstore.Backwards {
		want = c.at - 1
		if !c.passed {
			want = max(key, min(want, c.head)) // it starts from anywhere above, and more may have come meanwhile
		}
	}
	if key != want {
		return fmt.Errorf("%s is missing, %d follows: %w", c.place(want), key, eventstore.ErrCorrupt)
	}
	c.at, c.passed = key, true
	return nil
}

func (c *cursor) place(key int64) string {
	if c.stream.name != "" {
		return fmt.Sprintf("revision %d of stream %q", key, c.stream.name)
	}
	return fmt.Sprintf("position %d", key)
}

// doing says what an error interrupts.
func (c *cursor) doing() string {
	switch {
	case c.stream.name != "":
		return fmt.Sprintf("read stream %q %s", c.stream.name, c.dir)
	case c.dir == eventstore.Forwards:
		return fmt.Sprintf("read the log after position %d", c.at)
	}
	return "read the log backwards"
}
