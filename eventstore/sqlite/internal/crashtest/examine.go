package crashtest

import (
	"fmt"

	"github.com/ncruces/go-sqlite3"

	"github.com/skaldgo/skald/eventstore"
)

// markName is the file beside the log that says how far it was. It is written after each commit and never synced.
const markName = fileName + ".head"

// examine looks at a log on a connection that cannot write, before anything may change it: whether it is whole, and as
// long as its mark says. The connection stays open; it is nil when there is no log yet.
func (c *Config) examine(d *Disk) (_ *conn, err error) {
	markedID, marked := c.Rules.Marked(d.Content(".head"))
	if len(d.Content("")) == 0 {
		return nil, emptied(marked)
	}
	conn, err := c.connect(d, sqlite3.OPEN_READONLY, c.SQL.QueryOnly, c.SQL.ReaderCache, c.SQL.Mmap)
	if Code(err) == int(sqlite3.READONLY_ROLLBACK) { // the making of the log was interrupted; the next connection undoes it
		return nil, emptied(marked)
	}
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			conn.close()
		}
	}()
	blank, err := c.blank(conn)
	if err == nil && blank {
		return conn, emptied(marked)
	}
	if err != nil {
		return nil, err
	}
	id, err := conn.query(c.SQL.SelectLog)
	if err != nil {
		return nil, err
	}
	position, err := c.counted(conn)
	if err == nil && id == markedID && position < marked {
		err = fmt.Errorf("the log ends at position %d, but it was at %d: %w", position, marked, eventstore.ErrCorrupt)
	}
	return conn, err
}

func emptied(marked int64) error {
	if marked > 0 {
		return fmt.Errorf("the log is gone, it was at position %d: %w", marked, eventstore.ErrCorrupt)
	}
	return nil
}

// blank reports whether there is nothing at all in a database.
func (c *Config) blank(conn *conn) (bool, error) {
	var app, version, tables int64
	err := conn.first(c.SQL.Inspect, func(stmt *stmt) {
		app, version, tables = stmt.ColumnInt64(0), stmt.ColumnInt64(1), stmt.ColumnInt64(2)
	})
	if err != nil || app == 0 && version == 0 && tables == 0 {
		return true, err
	}
	if app == 0 || version == 0 || tables == 0 {
		return false, fmt.Errorf("half a schema: application %#x, version %d, %d tables: %w",
			app, version, tables, eventstore.ErrCorrupt)
	}
	return false, nil
}

// counted compares the entries of both indexes with what they must number.
func (c *Config) counted(conn *conn) (position int64, err error) {
	var events, streams, streamNo int64
	err = conn.first(c.SQL.Counts, func(stmt *stmt) {
		events, position = stmt.ColumnInt64(0), stmt.ColumnInt64(1)
		streams, streamNo = stmt.ColumnInt64(2), stmt.ColumnInt64(3)
	})
	if err == nil && (events != position || streams != streamNo) {
		err = fmt.Errorf("%d events up to position %d, %d streams up to number %d: %w",
			events, position, streams, streamNo, eventstore.ErrCorrupt)
	}
	return position, err
}
