package sqlite

import (
	"fmt"
	"time"

	"zombiezen.com/go/sqlite"
)

// connectionBusyTimeout is how long a statement outside of the writer's own waiting may wait for a lock. Readers of a
// WAL wait for nothing but the recovery after a crash.
const connectionBusyTimeout = 5 * time.Second

// connect opens one connection and makes it durable: synchronous=FULL is set, and read back, on every one.
func connect(path string, flags sqlite.OpenFlags, settings ...string) (_ *sqlite.Conn, err error) {
	conn, err := sqlite.OpenConn(path, flags)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = conn.Close()
		}
	}()
	conn.SetBusyTimeout(connectionBusyTimeout)
	always := []string{sqlSynchronous, sqlFullFsync, sqlCheckpointFsync, sqlTrustNothing}
	for _, setting := range append(always, settings...) {
		if _, err := query(conn, setting); err != nil {
			return nil, err
		}
	}
	got, err := query(conn, sqlSynchronousIs)
	if err != nil {
		return nil, err
	}
	if got != synchronousFull {
		return nil, fmt.Errorf("synchronous is %q, want %q", got, synchronousFull)
	}
	return conn, nil
}

// query runs one statement once and returns the first column of its first row, as text.
func query(conn *sqlite.Conn, text string) (string, error) {
	stmt, _, err := conn.PrepareTransient(text)
	if err != nil {
		return "", fmt.Errorf("%s: %w", text, unprepared(err))
	}
	row, err := stmt.Step()
	var result string
	if row {
		result = stmt.ColumnText(0)
	}
	// The step's error says more than that of finalizing, which repeats it.
	if closeErr := stmt.Finalize(); err == nil {
		err = closeErr
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", text, err)
	}
	return result, nil
}

// run executes a prepared statement that returns no row, and leaves it ready for the next time.
func run(stmt *sqlite.Stmt) error {
	if _, err := stmt.Step(); err != nil {
		return err
	}
	return stmt.Reset()
}

// prepareAll prepares one statement for each target.
func prepareAll(conn *sqlite.Conn, targets map[string]**sqlite.Stmt) error {
	for text, target := range targets {
		stmt, err := conn.Prepare(text)
		if err != nil {
			return unprepared(err)
		}
		*target = stmt
	}
	return nil
}
