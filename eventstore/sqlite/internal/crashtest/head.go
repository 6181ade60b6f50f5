package crashtest

import (
	"fmt"

	"github.com/ncruces/go-sqlite3"

	"github.com/skaldgo/skald/eventstore"
)

// look returns the number of a stream and its last revision, 0 and -1 when there is none.
func (c *Config) look(conn *conn, stream string) (streamNo, revision int64, err error) {
	revision = -1
	lost := false
	err = conn.first(c.SQL.Head, func(stmt *stmt) {
		streamNo, revision = stmt.ColumnInt64(0), stmt.ColumnInt64(1)
		lost = stmt.ColumnType(1) == sqlite3.NULL
	}, stream)
	if err == nil && revision < 0 {
		err = conn.first(c.SQL.Beside, func(stmt *stmt) { lost = stmt.ColumnBool(0) }, stream)
	}
	if err == nil && lost {
		err = fmt.Errorf("stream %q exists, and its events or its name are not found: %w", stream, eventstore.ErrCorrupt)
	}
	return streamNo, revision, err
}

// prove verifies that a stream has that number, and that this is its last event.
func (c *Config) prove(conn *conn, stream string, streamNo, revision int64) error {
	var name string
	err := conn.first(c.SQL.StreamName, func(stmt *stmt) { name = stmt.ColumnText(0) }, streamNo)
	if err == nil && name != stream {
		err = fmt.Errorf("stream %q has the number of %q: %w", stream, name, eventstore.ErrCorrupt)
	}
	if err != nil {
		return err
	}
	found, sound := false, false
	err = conn.first(c.SQL.OneOfStream, func(stmt *stmt) {
		s := scan(stmt)
		found = true
		sound = stmt.ColumnInt64(8) == c.Rules.Checksum(stream, stmt.ColumnInt64(0), revision, s.Created, &s.Event)
	}, streamNo, revision)
	if err == nil && !(found && sound) {
		err = fmt.Errorf("revision %d of stream %q is missing or damaged: %w", revision, stream, eventstore.ErrCorrupt)
	}
	if err != nil {
		return err
	}
	return c.ends(conn, streamNo, revision)
}

// ends verifies that the entry before the last event of a stream is the one that must precede it, and that the two behind
// it are those that may follow: the streams have the numbers 1, 2, 3, …, and each the revisions 0, 1, 2, …
func (c *Config) ends(conn *conn, streamNo, revision int64) error {
	type entry struct{ streamNo, revision int64 }
	var order []entry
	take := func(stmt *stmt) { order = append(order, entry{stmt.ColumnInt64(0), stmt.ColumnInt64(1)}) }
	err := conn.each(c.SQL.PreviousEntry, func(stmt *stmt) bool { take(stmt); return len(order) < 2 }, streamNo)
	if err == nil && (len(order) == 0 || order[0] != (entry{streamNo, revision})) {
		err = fmt.Errorf("the index does not end stream number %d at revision %d: %w", streamNo, revision, eventstore.ErrCorrupt)
	}
	order = append(order, entry{}, entry{})[1:2] // before the first one there is none
	order = append(order, entry{streamNo, revision})
	if err == nil {
		err = conn.each(c.SQL.NextEntry, func(stmt *stmt) bool { take(stmt); return len(order) < 4 }, streamNo+1)
	}
	var last int64
	if err == nil {
		err = conn.first(c.SQL.LastStream, func(stmt *stmt) { last = stmt.ColumnInt64(0) })
	}
	if err != nil {
		return err
	}
	for i, e := range order[1:] {
		before := order[i]
		if e != (entry{before.streamNo, before.revision + 1}) && e != (entry{before.streamNo + 1, 0}) ||
			before.streamNo == streamNo && before.revision >= revision && e.streamNo == streamNo {
			return fmt.Errorf("behind %v the index holds %v: %w", before, e, eventstore.ErrCorrupt)
		}
	}
	if len(order) == 2 && last != streamNo {
		return fmt.Errorf("behind %v of %d streams the index holds nothing: %w", order[1], last, eventstore.ErrCorrupt)
	}
	return nil
}
