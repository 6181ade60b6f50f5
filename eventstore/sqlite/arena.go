package sqlite

import "zombiezen.com/go/sqlite"

const (
	firstChunk = 4 << 10
	maxChunk   = 128 << 10
)

// arena gives out byte slices that the caller owns, cut from larger chunks: one allocation for many events. A chunk
// lives as long as the last event cut from it.
type arena struct {
	chunk  []byte
	cut    int // how much of the chunk is given out
	chunks int // how many there were
	used   int // bytes given out, those taken back included
}

// column copies a column of the current row.
func (a *arena) column(stmt *sqlite.Stmt, column int) []byte {
	free := a.chunk[a.cut:]
	n := stmt.ColumnBytes(column, free)
	if n == len(free) { // it may be longer than what was left
		if n = stmt.ColumnLen(column); n > len(free) {
			free = a.grow(n)
		}
		n = stmt.ColumnBytes(column, free[:n])
	}
	if n == 0 {
		return nil
	}
	a.cut += n
	a.used += n
	return free[:n:n]
}

func (a *arena) grow(n int) []byte {
	a.chunk = make([]byte, max(n, min(firstChunk<<min(a.chunks, 10), maxChunk)))
	a.cut = 0
	a.chunks++
	return a.chunk
}

// takeBack frees what was cut since the arena was as before. Nobody may have kept it.
func (a *arena) takeBack(before arena) {
	a.cut = 0
	if a.chunks == before.chunks {
		a.cut = before.cut
	}
}
