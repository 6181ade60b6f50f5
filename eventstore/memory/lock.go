package memory

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/skaldgo/skald/eventstore"
)

// lock is one taken lock. It is released when the map of its store no longer names it.
type lock struct {
	store *Store
	name  string
	since time.Time
}

// Lock implements eventstore.Locker among the callers of this Store. A second Close of the result does nothing.
func (s *Store) Lock(ctx context.Context, name string) (io.Closer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return nil, fmt.Errorf("lock %q: %w", name, err)
	}
	if held, ok := s.locks[name]; ok {
		holder := fmt.Sprintf("process %d (this process) since %s", os.Getpid(), held.since.Format(time.RFC3339))
		return nil, &eventstore.LockedError{Name: name, Holder: holder}
	}
	taken := &lock{store: s, name: name, since: time.Now().UTC()}
	s.locks[name] = taken
	return taken, nil
}

// Close releases the lock, unless that was done before.
func (l *lock) Close() error {
	l.store.mu.Lock()
	defer l.store.mu.Unlock()
	if l.store.locks[l.name] == l {
		delete(l.store.locks, l.name)
	}
	return nil
}
