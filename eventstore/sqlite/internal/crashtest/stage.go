package crashtest

import (
	"strings"

	"github.com/ncruces/go-sqlite3"

	"github.com/skaldgo/skald/eventstore"
)

type stmt = sqlite3.Stmt

// row is an event that has its place in the log but is not yet inserted.
type row struct {
	position, streamNo, revision, checksum int64
	event                                  *eventstore.EventData
}

func (s *Store) forget() {
	clear(s.heads)
	s.known = false
	s.rows = s.rows[:0]
}

// refresh makes the cache hold for the transaction that has just begun.
func (s *Store) refresh() error {
	var version int64
	if err := s.conn.first(s.cfg.SQL.DataVersion, func(stmt *stmt) { version = stmt.ColumnInt64(0) }); err != nil {
		return err
	}
	if s.known && version == s.version {
		return nil
	}
	s.forget()
	err := s.conn.first(s.cfg.SQL.Last, func(stmt *stmt) {
		s.position, s.streamNo = stmt.ColumnInt64(0), stmt.ColumnInt64(1)
	})
	if err == nil {
		s.version, s.known = version, true
	}
	return err
}

// stage decides every append of the batch and inserts the events of those that pass.
func (s *Store) stage(batch []*Request) error {
	if err := s.refresh(); err != nil {
		return err
	}
	for _, r := range batch {
		r.Result, r.Err = eventstore.AppendResult{}, nil
		if err := s.decide(r); err != nil {
			return err
		}
	}
	return s.flush()
}

func (s *Store) decide(r *Request) error {
	h, err := s.head(r.Stream)
	if err != nil {
		return err
	}
	current := int64(-1)
	if h != nil {
		current = h.revision
	}
	want, exact := r.Expected.Revision()
	switch {
	case exact && want == current,
		r.Expected == eventstore.Any,
		r.Expected == eventstore.StreamExists && current >= 0:
		return s.insert(r, h)
	case exact && want < current:
		repeated, err := s.repeated(r, h, want+1)
		if err != nil || repeated {
			return err
		}
	}
	r.Err = &eventstore.ConflictError{Stream: r.Stream, Expected: r.Expected, Actual: current}
	return nil
}

// head returns nil for a stream that does not exist.
func (s *Store) head(stream string) (*head, error) {
	if h := s.heads[stream]; h != nil {
		return h, nil
	}
	streamNo, revision, err := s.cfg.look(s.conn, stream)
	if err != nil || revision < 0 {
		return nil, err
	}
	if err := s.flush(); err != nil {
		return nil, err
	}
	if err := s.cfg.prove(s.conn, stream, streamNo, revision); err != nil {
		return nil, err
	}
	h := &head{streamNo, revision}
	s.heads[stream] = h
	return h, nil
}

// repeated reports whether the events of r are stored from a revision on, and gives it the first outcome.
func (s *Store) repeated(r *Request, h *head, from int64) (bool, error) {
	if h.revision-from+1 < int64(len(r.Events)) {
		return false, nil
	}
	if err := s.flush(); err != nil {
		return false, err
	}
	i, same, position := 0, true, int64(0)
	err := s.conn.each(s.cfg.SQL.IDs, func(stmt *stmt) bool {
		same = string(stmt.ColumnRawBlob(0)) == string(r.Events[i].ID[:])
		position = stmt.ColumnInt64(1)
		i++
		return same && i < len(r.Events)
	}, h.streamNo, from)
	if same = same && i == len(r.Events); same && err == nil {
		r.Result = result(from+int64(len(r.Events))-1, position)
	}
	return same, err
}

func (s *Store) insert(r *Request, h *head) error {
	if h == nil {
		h = &head{s.streamNo + 1, -1}
		if err := s.conn.run(s.cfg.SQL.InsertStream, h.streamNo, r.Stream); err != nil {
			return err
		}
		s.streamNo++
		s.heads[r.Stream] = h
	}
	for i := range r.Events {
		e := &r.Events[i]
		s.position++
		h.revision++
		sum := s.cfg.Rules.Checksum(r.Stream, s.position, h.revision, s.created, e)
		s.rows = append(s.rows, row{s.position, h.streamNo, h.revision, sum, e})
		if len(s.rows) == s.cfg.Rules.RowCounts[0] {
			if err := s.flush(); err != nil {
				return err
			}
		}
		if s.cfg.Sabotage.SplitsAppends && i+1 < len(r.Events) {
			if err := s.split(); err != nil {
				return err
			}
		}
	}
	r.Result = result(h.revision, s.position)
	return nil
}

// split is the sabotage that commits one append in two transactions.
func (s *Store) split() error {
	if err := s.flush(); err != nil {
		return err
	}
	if err := s.conn.run(s.cfg.SQL.Commit); err != nil {
		return err
	}
	return s.conn.run(s.cfg.SQL.Begin)
}

func result(revision, position int64) eventstore.AppendResult {
	return eventstore.AppendResult{Revision: revision, Position: eventstore.NewPosition(uint64(position), 0)}
}

// flush inserts the rows that are staged, in statements of the shipped sizes.
func (s *Store) flush() error {
	rows := s.rows
	for _, n := range s.cfg.Rules.RowCounts {
		for len(rows) >= n {
			values := strings.Repeat(s.cfg.SQL.EventValues+", ", n-1) + s.cfg.SQL.EventValues
			args := make([]any, 0, 9*n)
			for _, r := range rows[:n] {
				args = append(args, r.position, r.streamNo, r.revision, r.event.ID[:], r.event.Type, r.event.Data,
					r.event.Metadata, s.created, r.checksum)
			}
			if err := s.conn.run(s.cfg.SQL.InsertEvents+values, args...); err != nil {
				return err
			}
			rows = rows[n:]
		}
	}
	s.rows = s.rows[:0]
	return nil
}
