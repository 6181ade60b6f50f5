package saga_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

// heldAfter waits for a time and returns how many shards a process holds then.
func (p *process) heldAfter(d time.Duration) int {
	time.Sleep(d)
	synctest.Wait()
	return p.Status(context.Background()).Shards
}

func TestALeaseIsMeasuredByItsLengthWhateverTheClockSays(t *testing.T) {
	for name, jump := range map[string]time.Duration{"put back": -time.Hour, "put forward": time.Hour} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, store := newShop(t), memory.New()
				var by atomic.Int64
				var cut atomic.Bool
				p := s.shares(leasing{Store: store, lease: func(ctx context.Context, r eventstore.LeaseRequest) (eventstore.LeaseGrant, error) {
					if cut.Load() {
						return eventstore.LeaseGrant{}, eventstore.ErrUnavailable
					}
					return store.Lease(ctx, r)
				}}, func(c *saga.Config) {
					c.Clock = func() time.Time { return time.Now().Add(time.Duration(by.Load())) }
				})
				cut.Store(true)
				by.Store(int64(jump))
				require.Equal(t, saga.DefaultShards, p.heldAfter(leaseTTL-time.Millisecond))
				require.Zero(t, p.heldAfter(time.Millisecond))
				p.stop()
			})
		})
	}
}

func TestALeaseLastsFromWhenItWasAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		calls := 0
		p := s.shares(leasing{Store: store, lease: func(ctx context.Context, r eventstore.LeaseRequest) (eventstore.LeaseGrant, error) {
			if calls++; calls > 1 && !r.Leave {
				return eventstore.LeaseGrant{}, eventstore.ErrUnavailable
			}
			grant, err := store.Lease(ctx, r)
			time.Sleep(2 * time.Second)
			return grant, err
		}})
		require.Equal(t, saga.DefaultShards, p.heldAfter(leaseTTL-time.Millisecond))
		require.Zero(t, p.heldAfter(time.Millisecond), "the store counts from no later than this")
		p.stop()
	})
}

func TestAGrantThatComesWhenItHasLapsedIsNotReliedOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		var calls atomic.Int64
		p := s.shares(leasing{Store: store, lease: func(ctx context.Context, r eventstore.LeaseRequest) (eventstore.LeaseGrant, error) {
			if calls.Add(1) == 2 {
				time.Sleep(leaseTTL) // and the context has ended long ago
			}
			return store.Lease(ctx, r)
		}})
		require.Equal(t, saga.DefaultShards, p.heldAfter(leaseTTL-time.Millisecond))
		require.Zero(t, p.heldAfter(leaseTTL/3+time.Millisecond), "the second answer has come")
		require.Equal(t, int64(2), calls.Load())
		require.Equal(t, saga.DefaultShards, p.heldAfter(leaseTTL/3))
		p.stop()
	})
}

func TestAShardThatComesBackIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		var last atomic.Pointer[[]eventstore.ShardLease]
		first := s.shares(leasing{Store: store, lease: func(ctx context.Context, r eventstore.LeaseRequest) (eventstore.LeaseGrant, error) {
			grant, err := store.Lease(ctx, r)
			last.Store(&grant.Shards)
			return grant, err
		}})
		second := s.shares(store)
		require.Equal(t, saga.DefaultShards/2, first.heldAfter(leaseTTL))
		second.stop()
		require.Equal(t, saga.DefaultShards, first.heldAfter(leaseTTL))
		before := *last.Load()
		require.Equal(t, saga.DefaultShards, first.heldAfter(10*leaseTTL))
		require.Equal(t, before, *last.Load(), "under the same tokens")
		first.stop()
	})
}
