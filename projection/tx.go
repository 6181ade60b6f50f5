package projection

import (
	"database/sql"
	"fmt"
)

// Tx is the transaction in which a [Projection] changes its tables and the Projector moves the checkpoint. It is used by
// one goroutine, and only until Apply returns.
//
// SQL names the projection's tables in braces, `UPDATE {balances} SET …`, because a rebuild writes to tables of other
// names. Parameters are written $1, $2, … to be portable. A query is prepared the first time it is used in a transaction
// and reused after that, so the rows of a query are read to their end or closed before the same query is sent again.
//
// Text in parameters never holds NUL or broken UTF-8 in the database: both become the replacement character, because
// PostgreSQL cannot store them.
//
// The methods take no context: the one of Apply holds for the whole transaction, which rolls back when it ends.
type Tx struct {
	tx    *sql.Tx
	names relations
	stmts map[string]*sql.Stmt
}

func newTx(tx *sql.Tx, names relations) *Tx {
	return &Tx{tx: tx, names: names, stmts: map[string]*sql.Stmt{}}
}

// Exec runs one statement that returns no rows.
func (t *Tx) Exec(query string, args ...any) (sql.Result, error) {
	stmt, err := t.prepare(query)
	if err != nil {
		return nil, err
	}
	return stmt.Exec(plain(args)...)
}

// Query runs one statement that returns rows. The caller closes them.
func (t *Tx) Query(query string, args ...any) (*sql.Rows, error) {
	stmt, err := t.prepare(query)
	if err != nil {
		return nil, err
	}
	return stmt.Query(plain(args)...)
}

// QueryRow runs one statement that returns at most one row; Scan gives sql.ErrNoRows when there is none.
func (t *Tx) QueryRow(query string, args ...any) *sql.Row {
	stmt, err := t.prepare(query)
	if err != nil {
		return t.tx.QueryRow(t.names.expand(query), args...) // fails the same way, and gives the error to Scan
	}
	return stmt.QueryRow(plain(args)...)
}

// prepare leaves closing to the end of the transaction, where database/sql closes its statements.
func (t *Tx) prepare(query string) (*sql.Stmt, error) {
	if stmt, ok := t.stmts[query]; ok {
		return stmt, nil
	}
	stmt, err := t.tx.Prepare(t.names.expand(query))
	if err != nil {
		return nil, fmt.Errorf("prepare %q: %w", query, err)
	}
	t.stmts[query] = stmt
	return stmt, nil
}
