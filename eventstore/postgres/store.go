package postgres

import (
	"context"
	"fmt"
	"sync"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/internal/bell"
	"github.com/skaldgo/skald/eventstore/internal/groupcommit"
)

// Store is a log in a schema of a PostgreSQL database. Its methods may be called concurrently.
type Store struct {
	cfg      Config
	logID    string
	sessions *sessions
	pool     *pgxpool.Pool // for reading
	bell     bell.Bell

	queue  *groupcommit.Queue
	writer *writer // nil when opened for reading only

	closing   chan struct{}
	giveUp    context.CancelFunc // ends the writer's wait for the head
	closeOnce sync.Once
}

var (
	_ eventstore.Store      = (*Store)(nil)
	_ eventstore.Identified = (*Store)(nil)
	_ eventstore.Locker     = (*Store)(nil)
	_ eventstore.Counted    = (*Store)(nil)
	_ eventstore.Leaser     = (*Store)(nil)
)

// LogID implements eventstore.Identified. The id was made with the schema and is stored in it.
func (s *Store) LogID(ctx context.Context) (string, error) {
	if err := s.interrupted(ctx); err != nil {
		return "", err
	}
	return s.logID, nil
}

// EventsBetween counts by the positions, which have no gaps.
func (s *Store) EventsBetween(after, upTo eventstore.Position) int64 { return upTo.Since(after) }

// Append implements eventstore.Store. Its cost is shared with all appends that wait at the same time: they are committed
// together.
func (s *Store) Append(ctx context.Context, stream string, expected eventstore.ExpectedRevision,
	events ...eventstore.EventData,
) (eventstore.AppendResult, error) {
	if err := eventstore.ValidateAppend(stream, expected, events); err != nil {
		return eventstore.AppendResult{}, err
	}
	if err := s.interrupted(ctx); err != nil {
		return eventstore.AppendResult{}, err
	}
	if s.cfg.ReadOnly {
		return eventstore.AppendResult{}, fmt.Errorf("append to %q: the log was opened for reading only: %w",
			stream, eventstore.ErrDenied)
	}
	return s.queue.Append(ctx, stream, expected, events)
}

// interrupted says why a call must not go on.
func (s *Store) interrupted(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-s.closing:
		return fmt.Errorf("postgres: %w", eventstore.ErrClosed)
	default:
		return nil
	}
}
