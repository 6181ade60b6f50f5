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

// ends verifies that no event follows a revision of a stream.
func (c *Config) ends(conn *conn, streamNo, revision int64) error {
	var nextNo, next, last int64
	err := conn.first(c.SQL.NextEntry, func(stmt *stmt) {
		nextNo, next = stmt.ColumnInt64(0), stmt.ColumnInt64(1)
	}, streamNo, revision)
	if err == nil {
		err = conn.first(c.SQL.LastStream, func(stmt *stmt) { last = stmt.ColumnInt64(0) })
	}
	if err == nil && !(nextNo == streamNo+1 && next == 0 || nextNo == 0 && last == streamNo) {
		err = fmt.Errorf("behind revision %d of stream number %d of %d follows revision %d of number %d: %w",
			revision, streamNo, last, next, nextNo, eventstore.ErrCorrupt)
	}
	return err
}
