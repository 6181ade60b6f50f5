package sqlite

import (
	"fmt"

	"zombiezen.com/go/sqlite"

	"github.com/skaldgo/skald/eventstore"
)

// headFinder finds where a stream ends, and proves it.
//
// Streams are looked up in two indexes: of names, and of streams with their revisions. What an index finds is an event
// with a checksum. What it does not find may be absent, or damage may hide it: an entry that was damaged is not met under
// the key that it had. But it stays in its place between its neighbours, and that is where the search for its key ends.
// So before a stream is said not to exist, or to end, the entries at that place are looked at: of the names, each must
// agree with its table and be found under its own name; behind the end of a stream, the next one must begin. An entry that
// is gone altogether leaves sound neighbours, and is missed when the store is opened: see count.
type headFinder struct {
	scanner
	head   *sqlite.Stmt
	beside *sqlite.Stmt
	name   *sqlite.Stmt
	event  *sqlite.Stmt
	next   *sqlite.Stmt
	last   *sqlite.Stmt
	arena  arena
}

func newHeadFinder(conn *sqlite.Conn) (*headFinder, error) {
	f := &headFinder{scanner: newScanner()}
	return f, prepareAll(conn, map[string]**sqlite.Stmt{
		sqlHead: &f.head, sqlBeside: &f.beside, sqlStreamName: &f.name, sqlOneOfStream: &f.event, sqlNextEntry: &f.next,
		sqlLastStream: &f.last,
	})
}

// find returns the number of a stream and the revision of its last event: 0 and -1 when there is no such stream.
func (f *headFinder) find(stream string) (streamNo, revision int64, err error) {
	streamNo, revision, err = f.look(stream)
	if err == nil && revision >= 0 {
		err = f.prove(stream, streamNo, revision)
	}
	if err != nil {
		return 0, -1, err
	}
	return streamNo, revision, nil
}

// look returns what find does, with the proof that there is no such stream, and without the proof of its end.
func (f *headFinder) look(stream string) (streamNo, revision int64, err error) {
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
	case empty || revision < 0: // a stream is stored together with its first event
		return 0, -1, fmt.Errorf("stream %q exists, but none of its events is found: %w", stream, eventstore.ErrCorrupt)
	}
	return streamNo, revision, nil
}

func (f *headFinder) absent(stream string) error {
	f.beside.BindText(1, stream)
	if _, err := f.beside.Step(); err != nil {
		return err
	}
	astray := f.beside.ColumnBool(0)
	if err := f.beside.Reset(); err != nil {
		return err
	}
	if astray {
		return fmt.Errorf("the index of stream names is damaged where stream %q would be: %w", stream, eventstore.ErrCorrupt)
	}
	return nil
}

// prove verifies that a stream has that number, and that this is its last event. All events must be inserted.
func (f *headFinder) prove(stream string, streamNo, revision int64) error {
	f.name.BindInt64(1, streamNo)
	if _, err := f.name.Step(); err != nil {
		return err
	}
	name := f.name.ColumnText(0)
	if err := f.name.Reset(); err != nil {
		return err
	}
	if name != stream {
		return fmt.Errorf("stream %q has number %d in the index of names, which is that of %q: %w",
			stream, streamNo, name, eventstore.ErrCorrupt)
	}
	named := streamName{no: streamNo, name: stream, sum: streamSum(stream)}
	if err := f.verify(named, revision); err != nil {
		return err
	}
	return f.ends(named, revision)
}

// verify reads one event of a stream that has it.
func (f *headFinder) verify(stream streamName, revision int64) (err error) {
	f.event.BindInt64(1, stream.no)
	f.event.BindInt64(2, revision)
	found, err := f.event.Step()
	if err != nil {
		return err
	}
	if !found {
		err = fmt.Errorf("revision %d of stream %q is missing: %w", revision, stream.name, eventstore.ErrCorrupt)
	} else {
		var e eventstore.RecordedEvent
		before := f.arena
		err = f.scan(f.event, stream, &f.arena, &e)
		f.arena.takeBack(before)
	}
	if resetErr := f.event.Reset(); err == nil {
		err = resetErr
	}
	return err
}

// ends verifies that no event follows a revision of a stream, or one that was appended meanwhile: the streams have the
// numbers 1, 2, 3, …, and each begins with revision 0.
func (f *headFinder) ends(stream streamName, revision int64) error {
	for again := false; ; again = true {
		found, no, next, err := f.following(stream.no, revision)
		switch {
		case err != nil:
			return err
		case found && (no == stream.no+1 && next == 0 || no == stream.no && next == revision+1):
			return nil
		case found:
			return fmt.Errorf("behind revision %d of stream %q, which is number %d, the index holds revision %d of number %d: %w",
				revision, stream.name, stream.no, next, no, eventstore.ErrCorrupt)
		}
		if _, err := f.last.Step(); err != nil {
			return err
		}
		last := f.last.ColumnInt64(0)
		if err := f.last.Reset(); err != nil {
			return err
		}
		if last <= stream.no {
			return nil
		}
		if again { // the first time, the next stream may have been begun between the two questions
			return fmt.Errorf("behind revision %d of stream %q, which is number %d of %d, the index holds nothing: %w",
				revision, stream.name, stream.no, last, eventstore.ErrCorrupt)
		}
	}
}

// following returns the entry of the index behind one.
func (f *headFinder) following(streamNo, revision int64) (found bool, no, next int64, err error) {
	f.next.BindInt64(1, streamNo)
	f.next.BindInt64(2, revision)
	if found, err = f.next.Step(); err != nil {
		return false, 0, 0, err
	}
	no, next = f.next.ColumnInt64(0), f.next.ColumnInt64(1)
	return found, no, next, f.next.Reset()
}
