package crashtest

import (
	"errors"
	"fmt"
	"slices"

	"github.com/ncruces/go-sqlite3"
)

// fileName is that of the log on each Disk.
const fileName = "events.db"

// conn is a connection to the log on a disk.
type conn struct {
	*sqlite3.Conn
	stmts map[string]*sqlite3.Stmt
}

// Code returns the extended result code of an error of SQLite, 0 for any other.
func Code(err error) int {
	code, _ := errors.AsType[sqlite3.ExtendedErrorCode](err)
	return int(code)
}

// connect opens a connection as the shipped store does: synchronous=FULL is set on each, and read back.
func (c *Config) connect(d *Disk, flags sqlite3.OpenFlag, settings ...string) (_ *conn, err error) {
	raw, err := sqlite3.OpenFlags("file:"+fileName+"?vfs="+d.name, flags|sqlite3.OPEN_URI)
	if err != nil {
		return nil, err
	}
	opened := &conn{Conn: raw, stmts: map[string]*sqlite3.Stmt{}}
	defer func() {
		if err != nil {
			opened.close()
		}
	}()
	if c.Traced != nil {
		err := raw.Trace(sqlite3.TRACE_STMT, func(_ sqlite3.TraceEvent, _, text any) error {
			c.Traced(text.(string))
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	always := []string{c.SQL.Synchronous, c.SQL.FullFsync, c.SQL.CheckpointFsync, c.SQL.TrustNothing}
	for _, setting := range append(always, settings...) {
		if _, err := opened.query(setting); err != nil {
			return nil, err
		}
	}
	got, err := opened.query(c.SQL.SynchronousIs)
	if err == nil && got != c.SQL.SynchronousFull {
		err = fmt.Errorf("synchronous is %q", got)
	}
	return opened, err
}

// close closes the connection whatever the disk says, as a process does that ends.
func (c *conn) close() {
	for _, stmt := range slices.Collect(c.Stmts()) { // closing takes it off the list
		_ = stmt.Close()
	}
	if err := c.Close(); err != nil {
		panic(fmt.Sprintf("a connection cannot be closed: %v", err))
	}
}

// query runs one statement once and returns the first column of its first row.
func (c *conn) query(text string) (string, error) {
	stmt, _, err := c.Prepare(text)
	if err != nil {
		return "", err
	}
	var result string
	if stmt.Step() {
		result = stmt.ColumnText(0)
	}
	err = stmt.Err()
	if closeErr := stmt.Close(); err == nil {
		err = closeErr
	}
	return result, err
}

// prepared returns the statement of a text, prepared once.
func (c *conn) prepared(text string) (*sqlite3.Stmt, error) {
	if stmt := c.stmts[text]; stmt != nil {
		return stmt, nil
	}
	stmt, _, err := c.Prepare(text)
	if err == nil {
		c.stmts[text] = stmt
	}
	return stmt, err
}

// first executes a prepared statement with its arguments, hands its first row to f if there is one, and leaves it ready
// for the next time.
func (c *conn) first(text string, f func(*sqlite3.Stmt), args ...any) error {
	return c.each(text, func(stmt *sqlite3.Stmt) bool {
		f(stmt)
		return false
	}, args...)
}

// each does the same for each row, until f returns false.
func (c *conn) each(text string, f func(*sqlite3.Stmt) bool, args ...any) error {
	stmt, err := c.prepared(text)
	if err != nil {
		return err
	}
	for i, arg := range args {
		if err := bind(stmt, i+1, arg); err != nil {
			return err
		}
	}
	for stmt.Step() {
		if !f(stmt) {
			break
		}
	}
	err = stmt.Err()
	if resetErr := stmt.Reset(); err == nil {
		err = resetErr
	}
	return err
}

// run executes a prepared statement that returns no row.
func (c *conn) run(text string, args ...any) error {
	return c.first(text, func(*sqlite3.Stmt) {}, args...)
}

func bind(stmt *sqlite3.Stmt, param int, arg any) error {
	switch arg := arg.(type) {
	case int64:
		return stmt.BindInt64(param, arg)
	case string:
		return stmt.BindText(param, arg)
	case []byte:
		if arg == nil {
			arg = []byte{}
		}
		return stmt.BindBlob(param, arg)
	}
	return fmt.Errorf("a %T cannot be bound", arg)
}
