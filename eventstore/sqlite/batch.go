package sqlite

import (
	"strings"

	"zombiezen.com/go/sqlite"

	"github.com/skaldgo/skald/eventstore"
)

// rowCounts are the sizes of the INSERT statements, largest first. Sixteen rows cost little more than half of sixteen
// statements; more gain nothing.
var rowCounts = [...]int{16, 8, 4, 2, 1}

const columnCount = 9

// eventRow is an event that has its place in the log but is not yet inserted.
type eventRow struct {
	position, streamNo, revision, checksum int64
	event                                  *eventstore.EventData
}

// inserter gathers rows and inserts them many at a time.
type inserter struct {
	conn    *sqlite.Conn
	stmts   [len(rowCounts)]*sqlite.Stmt
	pending []eventRow
	created int64
}

func (in *inserter) add(row eventRow) error {
	in.pending = append(in.pending, row)
	if len(in.pending) < rowCounts[0] {
		return nil
	}
	return in.flush()
}

// flush inserts what is pending, so that statements of the same transaction see it.
func (in *inserter) flush() error {
	rows := in.pending
	for i, n := range rowCounts {
		for len(rows) >= n {
			if err := in.insert(i, rows[:n]); err != nil {
				return err
			}
			rows = rows[n:]
		}
	}
	in.reset()
	return nil
}

func (in *inserter) reset() {
	clear(in.pending)
	in.pending = in.pending[:0]
}

func (in *inserter) insert(size int, rows []eventRow) error {
	stmt := in.stmts[size]
	if stmt == nil {
		values := strings.Repeat(sqlEventValues+", ", rowCounts[size]-1) + sqlEventValues
		var err error
		if stmt, err = in.conn.Prepare(sqlInsertEvents + values); err != nil {
			return err
		}
		in.stmts[size] = stmt
	}
	for i := range rows {
		row, p := &rows[i], i*columnCount
		stmt.BindInt64(p+1, row.position)
		stmt.BindInt64(p+2, row.streamNo)
		stmt.BindInt64(p+3, row.revision)
		stmt.BindBytes(p+4, row.event.ID[:])
		stmt.BindText(p+5, row.event.Type)
		stmt.BindBytes(p+6, row.event.Data)
		stmt.BindBytes(p+7, row.event.Metadata)
		stmt.BindInt64(p+8, in.created)
		stmt.BindInt64(p+9, row.checksum)
	}
	return run(stmt)
}
