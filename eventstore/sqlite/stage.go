package sqlite

import (
	"errors"
	"fmt"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/skaldgo/skald/eventstore"
)

// head is what the writer knows of a stream.
type head struct {
	streamNo int64
	revision int64  // of the last event, staged ones included; -1 when there is none
	sum      uint32 // the start of its events' checksums
}

// stager decides the appends of one transaction, in order, and inserts their events. It caches heads between
// transactions; refresh drops them when anybody else has committed.
type stager struct {
	conn         *sqlite.Conn
	dataVersion  *sqlite.Stmt
	last         *sqlite.Stmt
	findIDs      *sqlite.Stmt
	insertStream *sqlite.Stmt

	finder   *headFinder
	heads    *cache[string, *head]
	version  int64 // data_version for which the cache holds
	known    bool  // whether position and streamNo hold
	position int64 // the last one given
	streamNo int64 // the last one given

	rows   inserter
	summer summer
}

func newStager(conn *sqlite.Conn, cachedStreams int) (_ *stager, err error) {
	s := &stager{conn: conn, heads: newCache[string, *head](cachedStreams), rows: inserter{conn: conn}}
	if s.finder, err = newHeadFinder(conn); err != nil {
		return nil, err
	}
	return s, prepareAll(conn, map[string]**sqlite.Stmt{
		sqlDataVersion: &s.dataVersion, sqlLast: &s.last, sqlIDs: &s.findIDs, sqlInsertStream: &s.insertStream,
	})
}

// forget drops the cache. It must follow every rollback.
func (s *stager) forget() {
	s.heads.drop()
	s.known = false
	s.rows.reset()
}

// refresh makes the cache hold for the transaction that has just begun. The version changes with every commit of
// another connection, and BEGIN IMMEDIATE lets none happen from now on.
func (s *stager) refresh() error {
	if _, err := s.dataVersion.Step(); err != nil {
		return err
	}
	version := s.dataVersion.ColumnInt64(0)
	if err := s.dataVersion.Reset(); err != nil {
		return err
	}
	if s.known && version == s.version {
		return nil
	}
	s.forget()
	if _, err := s.last.Step(); err != nil {
		return err
	}
	s.position, s.streamNo = s.last.ColumnInt64(0), s.last.ColumnInt64(1)
	s.version, s.known = version, true
	return s.last.Reset()
}

// stage decides every append of the batch and inserts the events of those that pass. Each request gets its result, which
// counts only when the transaction commits. An error means that the transaction must be rolled back.
func (s *stager) stage(batch []*request) error {
	if err := s.refresh(); err != nil {
		return err
	}
	s.rows.created = time.Now().UnixMicro()
	for _, r := range batch {
		r.result, r.err = eventstore.AppendResult{}, nil
		if err := s.decide(r); err != nil {
			return err
		}
	}
	return s.rows.flush()
}

func (s *stager) decide(r *request) error {
	h, err := s.head(r.stream)
	if errors.Is(err, eventstore.ErrCorrupt) { // this stream alone
		r.err = fmt.Errorf("append: %w", err)
		return nil
	}
	if err != nil {
		return err
	}
	current := int64(-1)
	if h != nil {
		current = h.revision
	}
	want, exact := r.expected.Revision()
	switch {
	case exact && want == current,
		r.expected == eventstore.Any,
		r.expected == eventstore.StreamExists && current >= 0:
		return s.insert(r, h)
	case exact && want < current:
		repeated, err := s.repeated(r, h, want+1)
		if errors.Is(err, eventstore.ErrCorrupt) {
			r.err = fmt.Errorf("append: %w", err)
			return nil
		}
		if err != nil || repeated {
			return err
		}
	}
	r.err = &eventstore.ConflictError{Stream: r.stream, Expected: r.expected, Actual: current}
	return nil
}

// head returns nil for a stream that does not exist.
func (s *stager) head(stream string) (*head, error) {
	if h, ok := s.heads.get(stream); ok {
		return h, nil
	}
	// Nothing of this stream can be staged and not flushed: the cache keeps all that a batch touches.
	streamNo, revision, err := s.finder.look(stream)
	if err != nil || revision < 0 {
		return nil, err
	}
	if err := s.rows.flush(); err != nil { // the end of this stream is proved by the beginning of the next one
		return nil, err
	}
	more, err := s.finder.prove(stream, streamNo, revision)
	if err == nil && more { // nobody else can have appended it meanwhile
		err = fmt.Errorf("stream %q seems to end at revision %d, which another one follows: %w",
			stream, revision, eventstore.ErrCorrupt)
	}
	if err != nil {
		return nil, err
	}
	h := &head{streamNo: streamNo, revision: revision, sum: streamSum(stream)}
	s.heads.put(stream, h)
	return h, nil
}

// repeated reports whether the events with the ids of r are stored from a revision on: then r is the repeat of an append
// that succeeded, and gets its result.
func (s *stager) repeated(r *request, h *head, from int64) (bool, error) {
	if h.revision-from+1 < int64(len(r.events)) {
		return false, nil
	}
	if err := s.rows.flush(); err != nil { // the first one may be in the same batch
		return false, err
	}
	s.findIDs.BindInt64(1, h.streamNo)
	s.findIDs.BindInt64(2, from)
	position := int64(0)
	same := true
	for i := 0; same && i < len(r.events); i++ {
		row, err := s.findIDs.Step()
		if err != nil {
			return false, err
		}
		var id eventstore.EventID
		same = row && s.findIDs.ColumnBytes(0, id[:]) == len(id) && id == r.events[i].ID
		position = s.findIDs.ColumnInt64(1)
	}
	if err := s.findIDs.Reset(); err != nil {
		return false, err
	}
	if same {
		r.result = result(from+int64(len(r.events))-1, position)
		return true, nil
	}
	return false, s.verify(r, h, from)
}

// verify reads the events that were compared with those of r: that they differ is not an answer when they are damaged.
func (s *stager) verify(r *request, h *head, from int64) error {
	stream := streamName{no: h.streamNo, name: r.stream, sum: h.sum}
	for i := range r.events {
		if err := s.finder.verify(stream, from+int64(i)); err != nil {
			return err
		}
	}
	return nil
}

func (s *stager) insert(r *request, h *head) error {
	if h == nil {
		h = &head{streamNo: s.streamNo + 1, revision: -1, sum: streamSum(r.stream)}
		s.insertStream.BindInt64(1, h.streamNo)
		s.insertStream.BindText(2, r.stream)
		if err := run(s.insertStream); err != nil {
			return err
		}
		s.streamNo++
		s.heads.put(r.stream, h)
	}
	for i := range r.events {
		e := &r.events[i]
		s.position++
		h.revision++
		sum := s.summer.event(h.sum, s.position, h.revision, s.rows.created, &e.ID, e.Type, e.Data, e.Metadata)
		row := eventRow{position: s.position, streamNo: h.streamNo, revision: h.revision, checksum: sum, event: e}
		if err := s.rows.add(row); err != nil {
			return err
		}
	}
	r.result = result(h.revision, s.position)
	return nil
}

func result(revision, position int64) eventstore.AppendResult {
	return eventstore.AppendResult{Revision: revision, Position: eventstore.NewPosition(uint64(position), 0)}
}
