package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/internal/checksum"
	"github.com/skaldgo/skald/eventstore/internal/groupcommit"
)

// streamHead is what the writer knows of a stream.
type streamHead struct {
	number   int64
	revision int64  // of the last event, staged ones included
	sum      uint32 // the start of its events' checksums
}

// stage decides the appends of one transaction, in order, and gathers the rows that it inserts. It keeps the heads of
// streams between transactions, as long as nobody else has moved the head of the log.
type stage struct {
	heads  map[string]*streamHead
	limit  int
	summer checksum.Summer

	known         bool // whether head and streams are those after our own last commit
	head, streams int64
	now           time.Time
	newNumbers    []int64
	newNames      []string
	rows          columns
}

// columns are the rows to insert, one slice for each column.
type columns struct {
	positions, streams, revisions, checksums []int64
	ids                                      [][16]byte
	types                                    []string
	data, metadata                           [][]byte
}

func newStage(limit int) *stage { return &stage{heads: map[string]*streamHead{}, limit: limit} }

// forget drops what is known. It must follow every rollback.
func (s *stage) forget() {
	clear(s.heads)
	s.known = false
}

// begin makes what is known hold for the transaction that has just taken the head of the log.
func (s *stage) begin(head, streams int64) {
	if !s.known || s.head != head || s.streams != streams {
		s.forget()
	}
	s.head, s.streams = head, streams
	s.now = time.Now().UTC().Truncate(time.Microsecond)
	s.newNumbers, s.newNames = s.newNumbers[:0], s.newNames[:0]
	clear(s.rows.data)
	clear(s.rows.metadata)
	r := &s.rows
	r.positions, r.streams, r.revisions, r.checksums = r.positions[:0], r.streams[:0], r.revisions[:0], r.checksums[:0]
	r.ids, r.types, r.data, r.metadata = r.ids[:0], r.types[:0], r.data[:0], r.metadata[:0]
}

// committed says that what was staged is stored.
func (s *stage) committed() {
	s.known = true
	if len(s.heads) > s.limit {
		clear(s.heads)
	}
}

// decide gives every request of the batch its result, which counts only when the transaction commits. An error means that
// the transaction must be rolled back.
func (s *stage) decide(ctx context.Context, conn *pgx.Conn, batch []*groupcommit.Request) error {
	if err := s.find(ctx, conn, batch); err != nil {
		return err
	}
	for _, r := range batch {
		r.Result, r.Err = eventstore.AppendResult{}, nil
		if err := s.one(ctx, conn, r); err != nil {
			return err
		}
	}
	return nil
}

// find looks up the streams that are not known, in one query.
func (s *stage) find(ctx context.Context, conn *pgx.Conn, batch []*groupcommit.Request) error {
	var unknown []string
	asked := map[string]bool{}
	for _, r := range batch {
		if s.heads[r.Stream] == nil && !asked[r.Stream] {
			asked[r.Stream] = true
			unknown = append(unknown, r.Stream)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	rows, err := conn.Query(ctx, sqlFindHeads, unknown)
	if err != nil {
		return err
	}
	var name string
	var h streamHead
	_, err = pgx.ForEachRow(rows, []any{&name, &h.number, &h.revision}, func() error {
		if h.revision < 0 {
			return fmt.Errorf("stream %q has no events, although it is listed: %w", name, eventstore.ErrCorrupt)
		}
		s.heads[name] = &streamHead{number: h.number, revision: h.revision, sum: checksum.Stream(name)}
		return nil
	})
	return err
}

func (s *stage) one(ctx context.Context, conn *pgx.Conn, r *groupcommit.Request) error {
	h := s.heads[r.Stream]
	current := int64(-1)
	if h != nil {
		current = h.revision
	}
	want, exact := r.Expected.Revision()
	switch {
	case exact && want == current,
		r.Expected == eventstore.Any,
		r.Expected == eventstore.StreamExists && current >= 0:
		s.add(r, h)
		return nil
	case exact && want < current:
		repeated, err := s.repeated(ctx, conn, r, h, want+1)
		if err != nil || repeated {
			return err
		}
	}
	r.Err = &eventstore.ConflictError{Stream: r.Stream, Expected: r.Expected, Actual: current}
	return nil
}

// add stages the events of a request.
func (s *stage) add(r *groupcommit.Request, h *streamHead) {
	if h == nil {
		s.streams++
		h = &streamHead{number: s.streams, revision: -1, sum: checksum.Stream(r.Stream)}
		s.heads[r.Stream] = h
		s.newNumbers, s.newNames = append(s.newNumbers, h.number), append(s.newNames, r.Stream)
	}
	rows, created := &s.rows, s.now.UnixMicro()
	for i := range r.Events {
		e := &r.Events[i]
		s.head++
		h.revision++
		rows.positions, rows.streams = append(rows.positions, s.head), append(rows.streams, h.number)
		rows.revisions, rows.ids = append(rows.revisions, h.revision), append(rows.ids, e.ID)
		rows.types = append(rows.types, e.Type)
		rows.data, rows.metadata = append(rows.data, notNull(e.Data)), append(rows.metadata, notNull(e.Metadata))
		rows.checksums = append(rows.checksums,
			s.summer.Event(h.sum, s.head, h.revision, created, &e.ID, e.Type, e.Data, e.Metadata))
	}
	r.Result = appended(h.revision, s.head)
}

// repeated reports whether the events with the ids of r stand there from a revision on: then r is the repeat of an append
// that succeeded, and gets its result.
func (s *stage) repeated(ctx context.Context, conn *pgx.Conn, r *groupcommit.Request, h *streamHead, from int64) (bool, error) {
	if h.revision-from+1 < int64(len(r.Events)) {
		return false, nil
	}
	rows, err := conn.Query(ctx, sqlFindIDs, h.number, from, len(r.Events))
	if err != nil {
		return false, err
	}
	n, same := 0, true
	var id [16]byte
	var position int64
	check := func() error {
		same = same && r.Events[n].ID == id
		n++
		return nil
	}
	if _, err = pgx.ForEachRow(rows, []any{&id, &position}, check); err != nil {
		return false, err
	}
	for i := range s.rows.positions { // the first append may be in the same batch
		if s.rows.streams[i] != h.number || s.rows.revisions[i] < from || n == len(r.Events) {
			continue
		}
		id, position = s.rows.ids[i], s.rows.positions[i]
		_ = check()
	}
	if !same || n < len(r.Events) {
		return false, nil
	}
	r.Result = appended(from+int64(n)-1, position)
	return true, nil
}

func notNull(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

func appended(revision, position int64) eventstore.AppendResult {
	return eventstore.AppendResult{Revision: revision, Position: eventstore.NewPosition(uint64(position), 0)}
}
