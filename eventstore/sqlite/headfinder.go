package sqlite

import (
	"fmt"

	"zombiezen.com/go/sqlite"

	"github.com/skaldgo/skald/eventstore"
)

// headFinder finds a stream by its name. The name is looked up in the copy that the unique index holds. A copy that was
// damaged is not met under the name that it had, and the stream would be begun a second time; but a copy stays in its
// place between its neighbours, and that is where the search for the name ends. So before a stream is said not to exist,
// the table is asked for the names of the two entries there.
type headFinder struct {
	head   *sqlite.Stmt
	beside *sqlite.Stmt
}

func newHeadFinder(conn *sqlite.Conn) (*headFinder, error) {
	f := &headFinder{}
	return f, prepareAll(conn, map[string]**sqlite.Stmt{sqlHead: &f.head, sqlBeside: &f.beside})
}

// find returns the number of a stream and the revision of its last event: 0 and -1 when there is no such stream.
func (f *headFinder) find(stream string) (streamNo, revision int64, err error) {
	f.head.BindText(1, stream)
	found, err := f.head.Step()
	if err != nil {
		return 0, -1, err
	}
	streamNo, revision = f.head.ColumnInt64(0), f.head.ColumnInt64(1)
	empty := found && f.head.ColumnIsNull(1)
	if err := f.head.Reset(); err != nil {
		return 0, -1, err
	}
	switch {
	case !found:
		return 0, -1, f.absent(stream)
	case empty: // a stream is stored together with its first event
		return 0, -1, fmt.Errorf("stream %q exists, but none of its events is found: %w", stream, eventstore.ErrCorrupt)
	}
	return streamNo, revision, nil
}

func (f *headFinder) absent(stream string) error {
	f.beside.BindText(1, stream)
	if _, err := f.beside.Step(); err != nil {
		return err
	}
	lost := f.beside.ColumnBool(0)
	if err := f.beside.Reset(); err != nil {
		return err
	}
	if lost {
		return fmt.Errorf("stream %q exists, but the index of stream names holds another name for it: %w",
			stream, eventstore.ErrCorrupt)
	}
	return nil
}
