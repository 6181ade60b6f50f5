package memory

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/internal/lease"
)

// Store is a log in memory. Make one with New. All methods may be called concurrently.
type Store struct {
	id   string
	done chan struct{} // closed by Close

	mu      sync.RWMutex
	log     []eventstore.RecordedEvent // the event at position (n,0) is log[n-1]; elements never change once appended
	streams map[string][]int           // indexes into log, by revision
	grown   chan struct{}              // closed and replaced by each append
	locks   map[string][]*lock         // the holders, by name
	leases  map[string]lease.State     // by group
}

var (
	_ eventstore.Store      = (*Store)(nil)
	_ eventstore.Identified = (*Store)(nil)
	_ eventstore.Locker     = (*Store)(nil)
	_ eventstore.Counted    = (*Store)(nil)
	_ eventstore.Leaser     = (*Store)(nil)
)

// New returns an empty log with an id of its own.
func New() *Store {
	return &Store{
		id:      rand.Text(),
		done:    make(chan struct{}),
		streams: make(map[string][]int),
		grown:   make(chan struct{}),
		locks:   make(map[string][]*lock),
		leases:  make(map[string]lease.State),
	}
}

// LogID returns the id that New gave to the log.
func (s *Store) LogID(ctx context.Context) (string, error) {
	if err := s.usable(ctx); err != nil {
		return "", fmt.Errorf("read the id of the log: %w", err)
	}
	return s.id, nil
}

// Close ends all calls with ErrClosed, after the appends under way. An iterator whose loop body is running ends at its
// next pull; Close does not wait for the body, so the body may call it. A second Close does nothing and returns nil.
func (s *Store) Close() error {
	s.mu.Lock() // waits for the appends under way
	defer s.mu.Unlock()
	select {
	case <-s.done:
	default:
		close(s.done)
	}
	return nil
}

// usable returns why a call cannot go on: the store is closed, or the context has ended.
func (s *Store) usable(ctx context.Context) error {
	select {
	case <-s.done:
		return eventstore.ErrClosed
	default:
		return ctx.Err()
	}
}

// EventsBetween counts by the positions, which have no gaps.
func (s *Store) EventsBetween(after, upTo eventstore.Position) int64 { return upTo.Since(after) }
