package memory

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/skaldgo/skald/eventstore"
)

// lock is one taken lock. It is released when its store no longer names it.
type lock struct {
	store  *Store
	name   string
	shared bool
	since  time.Time
}

// Lock implements eventstore.Locker among the callers of this Store. A second Close of the result does nothing.
func (s *Store) Lock(ctx context.Context, name string) (io.Closer, error) {
	return s.lock(ctx, name, false)
}

// LockShared implements eventstore.Locker as Lock does.
func (s *Store) LockShared(ctx context.Context, name string) (io.Closer, error) {
	return s.lock(ctx, name, true)
}

func (s *Store) lock(ctx context.Context, name string, shared bool) (io.Closer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return nil, fmt.Errorf("lock %q: %w", name, err)
	}
	// Those who share it are all alike.
	if held := s.locks[name]; len(held) > 0 && !(shared && held[0].shared) {
		holder := fmt.Sprintf("process %d (this process) since %s", os.Getpid(), held[0].since.Format(time.RFC3339))
		return nil, &eventstore.LockedError{Name: name, Holder: holder}
	}
	taken := &lock{store: s, name: name, shared: shared, since: time.Now().UTC()}
	s.locks[name] = append(s.locks[name], taken)
	return taken, nil
}

// Close releases the lock, unless that was done before.
func (l *lock) Close() error {
	l.store.mu.Lock()
	defer l.store.mu.Unlock()
	left := slices.DeleteFunc(l.store.locks[l.name], func(held *lock) bool { return held == l })
	if len(left) == 0 {
		delete(l.store.locks, l.name)
		return nil
	}
	l.store.locks[l.name] = left
	return nil
}
