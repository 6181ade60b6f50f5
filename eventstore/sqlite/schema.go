package sqlite

import (
	"context"
	"fmt"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/skaldgo/skald/eventstore"
)

// establish makes sure that the database is a log of this schema in WAL mode, creating it when it is blank, and returns
// the id of the log. Any number of processes may do so at once: one creates, the others find.
func establish(ctx context.Context, conn *sqlite.Conn, cfg Config) (logID string, err error) {
	// Changing the journal mode does not always wait for the busy timeout, lest two who change it wait for each other.
	err = patiently(ctx, cfg.BusyTimeout, func() error {
		logID, err = tryEstablish(conn, cfg.ReadOnly)
		return err
	})
	return logID, err
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func tryEstablish(conn *sqlite.Conn, readOnly bool) (string, error) {
	blank, err := inspect(conn)
	if err != nil {
		return "", err
	}
	if blank && readOnly {
		return "", fmt.Errorf("the file is empty, and a read-only open creates nothing: %w", ErrNotALog)
	}
	if blank {
		if err := create(conn); err != nil {
			return "", err
		}
	}
	if err := ensureWAL(conn, readOnly); err != nil {
		return "", err
	}
	return selectLogID(conn)
}

func selectLogID(conn *sqlite.Conn) (string, error) {
	id, err := query(conn, sqlSelectLog)
	if err != nil {
		return "", err
	}
	return id, checkLogID(id)
}

// inspect refuses what is not a log of this schema; blank means that there is nothing at all yet.
func inspect(conn *sqlite.Conn) (blank bool, err error) {
	stmt, _, err := conn.PrepareTransient(sqlInspect)
	if err != nil {
		return false, unprepared(err)
	}
	defer func() { _ = stmt.Finalize() }()
	if _, err := stmt.Step(); err != nil {
		return false, err
	}
	app, version, tables, vacuums := stmt.ColumnInt64(0), stmt.ColumnInt64(1), stmt.ColumnInt64(2), stmt.ColumnInt64(3)
	switch {
	case app == 0 && version == 0 && tables == 0:
		return true, nil
	case app != applicationID:
		return false, fmt.Errorf("it is a database of another program (application id %#x), choose another path: %w",
			app, ErrNotALog)
	case version > schemaVersion:
		return false, fmt.Errorf("its schema version is %d, this program knows %d, use a newer program: %w",
			version, schemaVersion, ErrNewerSchema)
	case version < schemaVersion:
		return false, fmt.Errorf("its schema version is %d, which never was, restore it from a backup: %w",
			version, eventstore.ErrCorrupt)
	case vacuums != 0: // an append would write pointers into pages that hold something else
		return false, fmt.Errorf("it is marked as vacuumed by itself, which a log never is, restore it from a backup: %w",
			eventstore.ErrCorrupt)
	}
	return false, nil
}

func create(conn *sqlite.Conn) (err error) {
	for _, setting := range []string{sqlPageSize, sqlWAL, sqlBegin} {
		if _, err := query(conn, setting); err != nil {
			return err
		}
	}
	defer func() {
		if err != nil && !conn.AutocommitEnabled() {
			_, _ = query(conn, sqlRollback)
		}
	}()
	blank, err := inspect(conn) // again, as another process may have been faster
	if err != nil {
		return err
	}
	if blank {
		if err := createTables(conn); err != nil {
			return err
		}
	}
	_, err = query(conn, sqlCommit)
	return err
}

func createTables(conn *sqlite.Conn) error {
	for rest := sqlSchema; ; {
		stmt, trailing, err := conn.PrepareTransient(rest)
		if err != nil {
			return err
		}
		_, err = stmt.Step()
		_ = stmt.Finalize()
		if err != nil {
			return err
		}
		if rest = rest[len(rest)-trailing:]; len(rest) <= 1 {
			break
		}
	}
	id, err := newLogID()
	if err != nil {
		return err
	}
	stmt, _, err := conn.PrepareTransient(sqlInsertLog)
	if err != nil {
		return err
	}
	defer func() { _ = stmt.Finalize() }()
	stmt.BindText(1, id)
	stmt.BindInt64(2, time.Now().UnixMicro())
	return run(stmt)
}

// ensureWAL brings the file back into WAL mode when someone took it out of it, or says so.
func ensureWAL(conn *sqlite.Conn, readOnly bool) error {
	text := sqlWAL
	if readOnly {
		text = sqlJournalModeIs
	}
	mode, err := query(conn, text)
	if err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("its journal mode is %q and cannot be made \"wal\"; is it on a local file system?: %w",
			mode, eventstore.ErrUnavailable)
	}
	return nil
}
