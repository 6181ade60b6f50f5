package sqlite

import "zombiezen.com/go/sqlite"

const (
	firstChunk = 4 << 10
	maxChunk   = 128 << 10
)

// arena gives out byte slices that the caller owns, cut from larger chunks: one allocation for many events. A chunk
// lives as long as the last event cut from it.
type arena struct {
	free []byte // rest of the current chunk
	next int    // size of the next chunk
	used int    // bytes given out
}

// column copies a column of the current row.
func (a *arena) column(stmt *sqlite.Stmt, column int) []byte {
	n := stmt.ColumnBytes(column, a.free)
	if n == len(a.free) { // it may be longer than what was left
		n = stmt.ColumnLen(column)
		if n == 0 {
			return nil
		}
		if n > len(a.free) {
			a.next = min(max(2*a.next, firstChunk), maxChunk)
			a.free = make([]byte, max(n, a.next))
		}
		n = stmt.ColumnBytes(column, a.free[:n])
	}
	if n == 0 {
		return nil
	}
	b := a.free[:n:n]
	a.free = a.free[n:]
	a.used += n
	return b
}
