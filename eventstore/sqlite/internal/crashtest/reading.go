package crashtest

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/ncruces/go-sqlite3"

	"github.com/skaldgo/skald/eventstore"
)

// Reader reads the log on a connection of its own, as the shipped store does. It verifies every event, unless it is told
// to trust them.
type Reader struct {
	cfg    Config
	conn   *conn
	held   *stmt
	Trusts bool
}

// OpenReader opens a connection that reads.
func OpenReader(d *Disk, cfg Config) (*Reader, error) {
	c, err := cfg.connect(d, sqlite3.OPEN_READWRITE, cfg.SQL.QueryOnly, cfg.SQL.ReaderCache, cfg.SQL.Mmap)
	if err != nil {
		return nil, fmt.Errorf("connect to read: %w", err)
	}
	return &Reader{cfg: cfg, conn: c}, nil
}

// Close closes the connection.
func (r *Reader) Close() { r.conn.close() }

// Hold begins a read and stays in it, in the way of checkpoints, until Release.
func (r *Reader) Hold() error {
	stmt, err := r.conn.prepared(r.cfg.SQL.ReadForwards)
	if err != nil {
		return err
	}
	if err := errors.Join(stmt.BindInt64(1, 0), stmt.BindInt64(2, math.MaxInt64)); err != nil {
		return err
	}
	stmt.Step()
	r.held = stmt
	return stmt.Err()
}

// Release ends what Hold began.
func (r *Reader) Release() {
	if r.held != nil {
		_ = r.held.Reset()
		r.held = nil
	}
}

// Log reads the whole log. Positions without a gap are a matter of this read, as they are in the shipped store.
func (r *Reader) Log() ([]Stored, error) {
	var log []Stored
	var wrong error
	err := r.conn.each(r.cfg.SQL.ReadForwards, func(stmt *stmt) bool {
		var s Stored
		if s, wrong = r.event(stmt, int64(len(log)+1)); wrong == nil {
			log = append(log, s)
		}
		return wrong == nil
	}, int64(0), int64(math.MaxInt64))
	return log, errors.Join(wrong, err)
}

// event reads a row of the log.
func (r *Reader) event(stmt *stmt, position int64) (s Stored, err error) {
	if got := stmt.ColumnInt64(0); got != position {
		return s, fmt.Errorf("position %d is missing, %d follows: %w", position, got, eventstore.ErrCorrupt)
	}
	err = r.conn.first(r.cfg.SQL.StreamName, func(stmt *sqlite3.Stmt) { s.Stream = stmt.ColumnText(0) }, stmt.ColumnInt64(1))
	if err != nil {
		return s, err
	}
	if s.Stream == "" {
		return s, fmt.Errorf("the stream at position %d has no name: %w", position, eventstore.ErrCorrupt)
	}
	stream := s.Stream
	s = scan(stmt)
	s.Stream = stream
	sum := r.cfg.Rules.Checksum(s.Stream, position, s.Revision, s.Created, &s.Event)
	if !r.Trusts && stmt.ColumnInt64(8) != sum {
		return s, fmt.Errorf("the checksum at position %d is wrong: %w", position, eventstore.ErrCorrupt)
	}
	return s, nil
}

// scan reads all of a row but the name of its stream.
func scan(stmt *stmt) (s Stored) {
	s.Revision, s.Created = stmt.ColumnInt64(2), stmt.ColumnInt64(7)
	copy(s.Event.ID[:], stmt.ColumnRawBlob(3))
	s.Event.Type = stmt.ColumnText(4)
	s.Event.Data = stmt.ColumnBlob(5, nil)
	s.Event.Metadata = stmt.ColumnBlob(6, nil)
	return s
}

// Verify checks that the database is sound, and that all ways to read it give the log that was read.
func (r *Reader) Verify(log []Stored) error {
	for _, look := range []func([]Stored) error{r.sound, r.ends, r.streams} {
		if err := look(log); err != nil {
			return err
		}
	}
	return nil
}

// sound asks SQLite, which compares tables and indexes.
func (r *Reader) sound([]Stored) error {
	if mode, err := r.conn.query(r.cfg.SQL.JournalModeIs); err != nil || mode != "wal" {
		return fmt.Errorf("the journal mode is %q: %w", mode, orNil(err))
	}
	says, err := r.conn.query("PRAGMA integrity_check")
	if err == nil && says != "ok" {
		err = fmt.Errorf("integrity_check says %q: %w", says, eventstore.ErrCorrupt)
	}
	return err
}

// ends reads the log from its end.
func (r *Reader) ends(log []Stored) error {
	var last int64
	err := r.conn.first(r.cfg.SQL.LastPosition, func(stmt *stmt) { last = stmt.ColumnInt64(0) })
	if err == nil && last != int64(len(log)) {
		err = fmt.Errorf("the last position is %d, %d were read: %w", last, len(log), eventstore.ErrCorrupt)
	}
	if err != nil {
		return err
	}
	next := last
	err = r.conn.each(r.cfg.SQL.ReadBackwards, func(stmt *stmt) bool {
		next--
		return stmt.ColumnInt64(0) == next+1
	}, int64(math.MaxInt64), int64(1))
	if err == nil && next != 0 {
		err = fmt.Errorf("read backwards the log stops at position %d: %w", next+1, eventstore.ErrCorrupt)
	}
	return err
}

// streams reads each stream: revisions 0 to n, through the index, the same as in the log.
func (r *Reader) streams(log []Stored) error {
	heads := map[string]int64{}
	for i := range log {
		s := &log[i]
		next, known := heads[s.Stream]
		if known {
			next++
		}
		if s.Revision != next {
			return fmt.Errorf("position %d has revision %d of %s, want %d: %w", i+1, s.Revision, s.Stream, next, eventstore.ErrCorrupt)
		}
		heads[s.Stream] = next
	}
	named, err := r.conn.query("SELECT count(*) FROM streams")
	if err == nil && named != strconv.Itoa(len(heads)) {
		err = fmt.Errorf("%s streams have a name, %d have events: %w", named, len(heads), eventstore.ErrCorrupt)
	}
	if err != nil {
		return err
	}
	for _, stream := range slices.Sorted(maps.Keys(heads)) {
		if err := r.stream(stream, heads[stream]); err != nil {
			return fmt.Errorf("stream %s: %w", stream, err)
		}
	}
	return nil
}

func (r *Reader) stream(stream string, last int64) error {
	streamNo, revision, err := r.cfg.look(r.conn, stream)
	if err == nil {
		err = r.cfg.prove(r.conn, stream, streamNo, revision)
	}
	if err == nil && revision != last {
		err = fmt.Errorf("its head is %d, want %d: %w", revision, last, eventstore.ErrCorrupt)
	}
	if err != nil {
		return err
	}
	at, whole := int64(-1), int64(-1)
	up := func(stmt *stmt) bool { at++; return stmt.ColumnInt64(2) == at }
	if err := r.conn.each(r.cfg.SQL.StreamForwards, up, int64(-1), int64(math.MaxInt64), stream); err != nil {
		return err
	}
	top := at
	onwards := func(stmt *stmt) bool { // this statement goes on with the next stream
		if same := stmt.ColumnInt64(1) == streamNo && stmt.ColumnInt64(2) == whole+1; !same {
			return false
		}
		whole++
		return true
	}
	if err := r.conn.each(r.cfg.SQL.StreamOnwards, onwards, stream); err != nil {
		return err
	}
	down := func(stmt *stmt) bool { at--; return stmt.ColumnInt64(2) == at+1 }
	if err := r.conn.each(r.cfg.SQL.StreamBackwards, down, int64(math.MaxInt64), int64(0), stream); err != nil {
		return err
	}
	if top != last || whole != last || at != -1 {
		return fmt.Errorf("read forwards it ends at %d, onwards at %d, read backwards at %d, its head is %d: %w", top, whole, at+1, last,
			eventstore.ErrCorrupt)
	}
	return nil
}
