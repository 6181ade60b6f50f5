package sqlite

import (
	"fmt"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/skaldgo/skald/eventstore"
)

// maxTypeNames bounds how many names of event types are kept, so that no string need be made for each event.
const maxTypeNames = 4_096

// scanner reads events from the rows of statements that begin with sqlColumns, and verifies them.
type scanner struct {
	types  map[string]string
	typeB  [eventstore.MaxTypeNameBytes + 1]byte
	summer summer
}

func newScanner() scanner { return scanner{types: map[string]string{}} }

// scan reads the row on which the statement stands, and verifies it. Its bytes go into the arena.
func (s *scanner) scan(stmt *sqlite.Stmt, stream streamName, a *arena, e *eventstore.RecordedEvent) error {
	position, created := stmt.ColumnInt64(0), stmt.ColumnInt64(7)
	e.Revision = stmt.ColumnInt64(2)
	stmt.ColumnBytes(3, e.ID[:])
	e.Type = s.typeName(stmt)
	e.Data = a.column(stmt, 5)
	e.Metadata = a.column(stmt, 6)
	e.Stream = stream.name
	e.Position = eventstore.NewPosition(uint64(position), 0)
	e.RecordedAt = time.UnixMicro(created).UTC()
	sum := s.summer.event(stream.sum, position, e.Revision, created, &e.ID, e.Type, e.Data, e.Metadata)
	if stored := stmt.ColumnInt64(8); stored != sum {
		return fmt.Errorf("event %d of stream %q at position %d has checksum %08x, stored is %08x: %w",
			e.Revision, e.Stream, position, sum, stored, eventstore.ErrCorrupt)
	}
	return nil
}

func (s *scanner) typeName(stmt *sqlite.Stmt) string {
	b := s.typeB[:stmt.ColumnBytes(4, s.typeB[:])]
	if name, ok := s.types[string(b)]; ok {
		return name
	}
	if len(s.types) >= maxTypeNames {
		clear(s.types)
	}
	name := string(b)
	s.types[name] = name
	return name
}
