package eventstoretest

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"testing"

	"github.com/skaldgo/skald/eventstore"
)

// RunShared tests what two stores over one log promise each other, as two processes have them: that locks and leases of
// one are seen by the other. open opens both, over a fresh log, and is called from parallel subtests. Each call of a case
// goes to the other store than the one before. RunShared closes them.
func RunShared(t *testing.T, open func(t *testing.T) (one, other eventstore.Store)) {
	t.Helper()
	abilities := map[string]func() []testCase{"locker": lockerCases, "leaser": leaserCases}
	probe, second := open(t)
	t.Cleanup(func() { closeStore(t, probe); closeStore(t, second) })
	if _, ok := probe.(eventstore.Locker); !ok {
		delete(abilities, "locker")
	}
	if _, ok := probe.(eventstore.Leaser); !ok {
		delete(abilities, "leaser")
	}
	for name, cases := range abilities {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, c := range cases() {
				t.Run(c.name, func(t *testing.T) {
					t.Parallel()
					one, other := open(t)
					store := &shared{Store: one, other: other}
					t.Cleanup(func() { closeStore(t, store) })
					c.exec(t, store)
				})
			}
		})
	}
}

// shared is two stores over one log, used in turns.
type shared struct {
	eventstore.Store
	other eventstore.Store
	calls atomic.Int64
}

func (s *shared) next() eventstore.Store {
	if s.calls.Add(1)%2 == 0 {
		return s.other
	}
	return s.Store
}

// Lock implements eventstore.Locker.
func (s *shared) Lock(ctx context.Context, name string) (io.Closer, error) {
	return s.next().(eventstore.Locker).Lock(ctx, name)
}

// LockShared implements eventstore.Locker.
func (s *shared) LockShared(ctx context.Context, name string) (io.Closer, error) {
	return s.next().(eventstore.Locker).LockShared(ctx, name)
}

// Lease implements eventstore.Leaser.
func (s *shared) Lease(ctx context.Context, r eventstore.LeaseRequest) (eventstore.LeaseGrant, error) {
	return s.next().(eventstore.Leaser).Lease(ctx, r)
}

// Close closes both.
func (s *shared) Close() error { return errors.Join(s.Store.Close(), s.other.Close()) }
