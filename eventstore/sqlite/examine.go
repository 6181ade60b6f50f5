package sqlite

import (
	"context"
	"fmt"
	"os"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/skaldgo/skald/eventstore"
)

// examine looks at a log before anything may change it: whatever is refused stays as it is, together with its WAL, which
// the last connection that may write would move into the database. The connection cannot write, and stays open until
// others are: the WAL is then recovered once. It is nil when there is no log yet, or one whose creation was interrupted.
func examine(ctx context.Context, cfg Config, m marked) (conn *sqlite.Conn, err error) {
	info, err := os.Stat(cfg.Path)
	if err != nil || info.Size() == 0 {
		return nil, m.emptied(cfg.Path) // what else is wrong with the path, opening it tells
	}
	conn, err = connect(cfg.Path, sqlite.OpenReadOnly, sqlQueryOnly, sqlReaderCache, sqlMmap)
	if sqlite.ErrCode(err) == sqlite.ResultReadOnlyRollback && !cfg.ReadOnly {
		return nil, m.emptied(cfg.Path) // the making of the log was interrupted; the connection that writes undoes it
	}
	if err != nil {
		return nil, err
	}
	err = patiently(ctx, cfg.BusyTimeout, func() error { return soundly(conn, cfg.Path, m) })
	if err != nil {
		_ = conn.Close()
	}
	if sqlite.ErrCode(err) == sqlite.ResultReadOnlyRollback { // only who may write can undo what was interrupted
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return conn, nil
}

// patiently calls f again while others keep the database busy.
func patiently(ctx context.Context, patience time.Duration, f func() error) error {
	deadline := time.Now().Add(patience)
	for {
		err := f()
		if !isBusy(err) || time.Now().After(deadline) {
			return err
		}
		if err := pause(ctx, 2*time.Millisecond); err != nil {
			return err
		}
	}
}

// soundly refuses what is not a log of this schema, or lacks something that no later read could miss.
func soundly(conn *sqlite.Conn, path string, m marked) error {
	blank, err := inspect(conn)
	if err != nil {
		return err
	}
	if blank {
		return m.emptied(path)
	}
	id, err := selectLogID(conn)
	if err != nil {
		return err
	}
	position, err := count(conn)
	if err != nil {
		return err
	}
	return m.missed(path, id, position)
}

// count compares the numbers of entries in both indexes with the highest position and the highest number of a stream,
// which have no gaps. An entry that is gone, with a page of an older copy for instance, leaves no other trace: the stream
// would seem to end before its event, or not to exist. See BenchmarkOpen for what it costs.
func count(conn *sqlite.Conn) (position int64, err error) {
	stmt, _, err := conn.PrepareTransient(sqlCounts)
	if err != nil {
		return 0, unprepared(err)
	}
	defer func() { _ = stmt.Finalize() }()
	if _, err := stmt.Step(); err != nil {
		return 0, err
	}
	position = stmt.ColumnInt64(1)
	if events := stmt.ColumnInt64(0); events != position {
		return 0, fmt.Errorf("the index of streams holds %d events, but the log ends at position %d: %w",
			events, position, eventstore.ErrCorrupt)
	}
	names, named, used := stmt.ColumnInt64(2), stmt.ColumnInt64(3), stmt.ColumnInt64(4)
	if names != named || named != used {
		return 0, fmt.Errorf("the index of names holds %d streams, but the last one has number %d, and the last one with events %d: %w",
			names, named, used, eventstore.ErrCorrupt)
	}
	return position, nil
}
