package projection_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

var errCommit = errors.New("the machine is gone")

// faultyDB opens a database whose commits can fail. Outcome is asked at each commit: fail before means that nothing was
// written, fail after that everything was and nobody was told.
type faultyDB struct {
	driver  driver.Driver
	dsn     string
	outcome func() (failBefore, failAfter bool)
}

func openFaulty(t *testing.T, outcome func() (failBefore, failAfter bool)) *sql.DB {
	t.Helper()
	plain, err := sql.Open("sqlite", "")
	require.NoError(t, err)
	require.NoError(t, plain.Close())
	db := sql.OpenDB(&faultyDB{plain.Driver(), "file:" + filepath.Join(t.TempDir(), "faulty.db") +
		"?_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)", outcome})
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func (f *faultyDB) Driver() driver.Driver { return f.driver }

func (f *faultyDB) Connect(context.Context) (driver.Conn, error) {
	c, err := f.driver.Open(f.dsn)
	return &faultyConn{c, f.outcome}, err
}

type faultyConn struct {
	driver.Conn
	outcome func() (failBefore, failAfter bool)
}

func (c *faultyConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	tx, err := c.Conn.(driver.ConnBeginTx).BeginTx(ctx, opts)
	return &faultyTx{tx, c.outcome}, err
}

func (c *faultyConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	return c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
}

func (c *faultyConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	return c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
}

func (c *faultyConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
}

type faultyTx struct {
	driver.Tx
	outcome func() (failBefore, failAfter bool)
}

func (t *faultyTx) Commit() error {
	before, after := t.outcome()
	if before {
		return errors.Join(errCommit, t.Rollback())
	}
	err := t.Tx.Commit()
	if after {
		return errors.Join(errCommit, err)
	}
	return err
}
