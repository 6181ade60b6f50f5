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
// So before a stream is said not to exist, or to end, the entries at that place are looked at. They must be in order. Of the
// names, each must agree with its table and be found under its own name; behind the end of a stream, the next one must
// begin. An entry that is gone altogether leaves sound neighbours, and is missed when the store is opened: see count.
type headFinder struct {
	scanner
	head     *sqlite.Stmt
	beside   *sqlite.Stmt
	name     *sqlite.Stmt
	event    *sqlite.Stmt
	next     *sqlite.Stmt
	previous *sqlite.Stmt
	last     *sqlite.Stmt
	found    [2]entry
	arena    arena
}

func newHeadFinder(conn *sqlite.Conn) (*headFinder, error) {
	f := &headFinder{scanner: newScanner()}
	return f, prepareAll(conn, map[string]**sqlite.Stmt{
		sqlHead: &f.head, sqlBeside: &f.beside, sqlStreamName: &f.name, sqlOneOfStream: &f.event, sqlNextEntry: &f.next,
		sqlPreviousEntry: &f.previous, sqlLastStream: &f.last,
	})
}

// find returns the number of a stream and the revision of its last event: 0 and -1 when there is no such stream.
func (f *headFinder) find(stream string) (streamNo, revision int64, err error) {
	for before := int64(-1); ; before = revision {
		streamNo, revision, err = f.look(stream)
		if err != nil || revision < 0 {
			return 0, -1, err
		}
		more, err := f.prove(stream, streamNo, revision)
		if err != nil {
			return 0, -1, err
		}
		if !more {
			return streamNo, revision, nil
		}
		if revision <= before { // else an event was appended between the two questions
			return 0, -1, fmt.Errorf("stream %q seems to end at revision %d, which another one follows: %w",
				stream, revision, eventstore.ErrCorrupt)
		}
	}
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

// prove verifies that a stream has that number, and that this is its last event; more means that its next one is there.
// All events must be inserted.
func (f *headFinder) prove(stream string, streamNo, revision int64) (more bool, err error) {
	f.name.BindInt64(1, streamNo)
	if _, err := f.name.Step(); err != nil {
		return false, err
	}
	name := f.name.ColumnText(0)
	if err := f.name.Reset(); err != nil {
		return false, err
	}
	if name != stream {
		return false, fmt.Errorf("stream %q has number %d in the index of names, which is that of %q: %w",
			stream, streamNo, name, eventstore.ErrCorrupt)
	}
	named := streamName{no: streamNo, name: stream, sum: streamSum(stream)}
	if err := f.verify(named, revision); err != nil {
		return false, err
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

// entry is one of the index of streams and revisions.
type entry struct{ streamNo, revision int64 }

// entryAt reads an entry whose columns begin with one.
func entryAt(stmt *sqlite.Stmt, column int) entry {
	if stmt.ColumnType(column) != sqlite.TypeInteger || stmt.ColumnType(column+1) != sqlite.TypeInteger {
		return entry{-1, -1}
	}
	return entry{stmt.ColumnInt64(column), stmt.ColumnInt64(column + 1)}
}

// precedes reports whether the index can hold the two next to each other: the streams have the numbers 1, 2, 3, …, and
// each has the revisions 0, 1, 2, …
func (e entry) precedes(next entry) bool {
	if next.streamNo == e.streamNo {
		return next.revision == e.revision+1
	}
	return next.streamNo == e.streamNo+1 && next.revision == 0
}

// ends verifies that an event is the last one of its stream; more means that its next one is there, which may have been
// appended meanwhile. It looks at two entries on either side of the border to the next stream, as each search ends at it: a
// damaged entry at the border is met from one side or the other, and an inner page of an older copy leads a search to where
// the order is broken.
func (f *headFinder) ends(stream streamName, revision int64) (more bool, err error) {
	border := func(held entry) error {
		return fmt.Errorf("where stream %q, which is number %d, ends with revision %d, the index holds revision %d of number %d: %w",
			stream.name, stream.no, revision, held.revision, held.streamNo, eventstore.ErrCorrupt)
	}
	at := entry{stream.no, revision}
	before, err := f.neighbours(f.previous, stream.no)
	switch {
	case err != nil:
		return false, err
	case len(before) > 0 && before[0].streamNo == stream.no && before[0].revision > revision:
		return true, nil
	case len(before) == 0 || before[0] != at:
		return false, border(append(before, entry{})[0])
	case len(before) == 1 && at != (entry{1, 0}), len(before) == 2 && !before[1].precedes(at):
		return false, border(append(before, entry{})[1])
	}
	for again := false; ; again = true {
		after, err := f.neighbours(f.next, stream.no+1)
		if err != nil {
			return false, err
		}
		for _, next := range after {
			if !at.precedes(next) || next.streamNo == stream.no {
				return false, border(next)
			}
			at = next
		}
		if len(after) > 0 {
			return false, nil
		}
		last, err := f.lastStream()
		if err != nil || last <= stream.no {
			return false, err
		}
		if again { // the first time, the next stream may have been begun between the two questions
			return false, border(entry{})
		}
	}
}

func (f *headFinder) lastStream() (int64, error) {
	if _, err := f.last.Step(); err != nil {
		return 0, err
	}
	last := f.last.ColumnInt64(0)
	return last, f.last.Reset()
}

// neighbours returns the first two entries on one side of a border.
func (f *headFinder) neighbours(stmt *sqlite.Stmt, streamNo int64) ([]entry, error) {
	stmt.BindInt64(1, streamNo)
	found := f.found[:0]
	for len(found) < len(f.found) {
		row, err := stmt.Step()
		if err != nil {
			return nil, err
		}
		if !row {
			break
		}
		found = append(found, entryAt(stmt, 0))
	}
	return found, stmt.Reset()
}
