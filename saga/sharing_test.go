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

const leaseTTL = 9 * time.Second

func sharing(c *saga.Config) { c.LeaseTTL = leaseTTL }

// leasing is a store whose Leaser goes through a hook.
type leasing struct {
	eventstore.Store
	lease func(context.Context, eventstore.LeaseRequest) (eventstore.LeaseGrant, error)
}

func (l leasing) Lease(ctx context.Context, r eventstore.LeaseRequest) (eventstore.LeaseGrant, error) {
	return l.lease(ctx, r)
}

// shares runs an orchestrator that shares its store, and waits until it has its shards.
func (s *shop) shares(store eventstore.Store, change ...func(*saga.Config)) *process {
	p := s.run(store, append([]func(*saga.Config){sharing}, change...)...)
	synctest.Wait()
	return p
}

// sharesMortal is shares over a store that the process loses when it dies.
func (s *shop) sharesMortal(store *memory.Store, m *mortal) *process {
	p := s.shares(leasing{Store: m, lease: func(ctx context.Context, r eventstore.LeaseRequest) (eventstore.LeaseGrant, error) {
		if m.isDead() {
			return eventstore.LeaseGrant{}, m.rot()
		}
		return store.Lease(ctx, r)
	}})
	s.t.Cleanup(m.rest)
	return p
}

// settles lets a process find its share among the others.
func settles() { time.Sleep(leaseTTL); synctest.Wait() }

func TestOrchestratorsShareTheSagasOfAStoreByLeases(t *testing.T) {
	const sagas = 300
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		s.set(action("pay"), first(fails, takes(time.Second, succeeds)))
		s.set(action("buy"), always(refuses))
		processes := []*process{s.shares(store), s.shares(store), s.shares(store)}
		settles()
		for i := range sagas {
			processes[i%3].start(parcelRef(i))
			processes[(i+1)%3].start(ticketRef(i))
		}
		for i := range sagas {
			require.Equal(t, saga.StateCompleted, processes[i%3].rest(parcelRef(i)).State)
			require.Equal(t, saga.StateFailed, processes[i%3].rest(ticketRef(i)).State)
		}
		ended := 0
		for _, p := range processes {
			status := p.Status(t.Context())
			require.InDelta(t, saga.DefaultShards/3, status.Shards, 2)
			require.InDelta(t, 2*sagas/3, status.Completed+status.Failed, sagas/5)
			require.Zero(t, status.Conflicts+status.InHand)
			ended += status.Completed + status.Failed
			p.stop()
		}
		require.Equal(t, 2*sagas, ended, "each ends once")
		s.verify(store)
	})
}

func TestWhoeverAskedForASagaIsNotTakenForAnOwnerOfItsToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		s.set(action("pay"), first(fails, succeeds))
		p := s.shares(store)
		ref := parcelRef(1)
		_, err := p.StartWith(t.Context(), ref.Name, ref.ID, parcel{Item: "lamp"}, saga.StartOptions{Actor: "ann"})
		require.NoError(t, err)
		require.Equal(t, saga.StateCompleted, p.rest(ref).State)
		p.stop()
		s.verify(store)
	})
}

func TestTheSagasOfAProcessThatDiesAreTakenOverWithinTwoLeaseTimes(t *testing.T) {
	const sagas = 100
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		s.set(action("pay"), first(hangs))
		m := newMortal(store, 0, false)
		dying := s.sharesMortal(store, m)
		staying := s.shares(store)
		settles()
		for i := range sagas {
			staying.start(parcelRef(i))
		}
		synctest.Wait() // all of them hang at their second step
		before := staying.Status(t.Context()).InHand
		require.InDelta(t, sagas/2, before, sagas/4)
		m.die()
		time.Sleep(2 * leaseTTL)
		synctest.Wait()
		status := staying.Status(t.Context())
		require.Equal(t, saga.DefaultShards, status.Shards)
		require.Equal(t, sagas-before, status.Completed, "taken over, and their second attempt does not hang")
		for i := range sagas {
			require.Equal(t, saga.StateCompleted, staying.rest(parcelRef(i)).State)
		}
		m.bury(dying)
		staying.stop()
		s.verify(store)
	})
}

func TestAProcessThatStopsHandsItsSagasOverAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		going, staying := s.shares(store), s.shares(store)
		settles()
		going.stop()
		time.Sleep(leaseTTL / 3) // the others' next renewal
		synctest.Wait()
		require.Equal(t, saga.DefaultShards, staying.Status(t.Context()).Shards)
		staying.stop()
	})
}

func TestAShardIsHandedOverWhenItsAttemptsHaveEnded(t *testing.T) {
	const sagas = 40
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		s.set(action("pay"), first(takes(leaseTTL/2, succeeds)))
		s.set(action("ship"), first(takes(20*time.Minute, succeeds))) // beyond every patience, deaf to its context
		first := s.shares(store)
		for i := range sagas {
			first.start(parcelRef(i))
		}
		second := s.shares(store)
		settles()
		settles()
		status := second.Status(t.Context())
		require.Equal(t, saga.DefaultShards/2, status.Shards)
		require.NotZero(t, status.InHand)
		require.Zero(t, status.Conflicts)
		for i := range sagas {
			second.rest(parcelRef(i))
		}
		first.stop()
		second.stop()
		s.verify(store)
		for i := range sagas {
			require.NotContains(t, eventTypes(t, store, parcelRef(i).Stream())[:5], saga.TypeStepInterrupted)
		}
	})
}

func TestAnAttemptThatOutlastsTheGraceOfAHandoverIsInterrupted(t *testing.T) {
	const sagas = 40
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		s.set(action("pay"), first(hangs))
		first := s.shares(store)
		for i := range sagas {
			first.start(parcelRef(i))
		}
		second := s.shares(store)
		time.Sleep(saga.DefaultShutdownGrace + 2*leaseTTL/3)
		synctest.Wait()
		status := second.Status(t.Context())
		require.Equal(t, saga.DefaultShards/2, status.Shards)
		require.NotZero(t, status.Completed)
		require.Zero(t, first.Status(t.Context()).Completed, "what is not handed over is left alone")
		for i := range sagas {
			require.Equal(t, saga.StateCompleted, second.rest(parcelRef(i)).State)
		}
		first.stop()
		second.stop()
		s.verify(store)
	})
}

func TestAnOrchestratorThatCannotRenewLetsGoOfEverythingInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		s.set(action("pay"), first(hangs))
		var cut atomic.Bool
		p := s.shares(leasing{Store: store, lease: func(ctx context.Context, r eventstore.LeaseRequest) (eventstore.LeaseGrant, error) {
			if cut.Load() {
				return eventstore.LeaseGrant{}, eventstore.ErrUnavailable
			}
			return store.Lease(ctx, r)
		}})
		p.start(parcelRef(1))
		synctest.Wait()
		cut.Store(true)
		time.Sleep(leaseTTL - time.Millisecond)
		synctest.Wait()
		require.Equal(t, 1, p.Status(t.Context()).InHand)
		time.Sleep(time.Millisecond)
		synctest.Wait()
		status := p.Status(t.Context())
		require.Zero(t, status.Shards+status.InHand+status.Attempts, "the attempt was cancelled, and is interrupted")
		require.Equal(t, 1, status.Elsewhere)
		cut.Store(false)
		require.Equal(t, saga.StateCompleted, p.rest(parcelRef(1)).State)
		p.stop()
		s.verify(store)
	})
}

func TestARenewalThatGetsNoAnswerIsFollowedByAnotherInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		calls := 0
		p := s.shares(leasing{Store: store, lease: func(ctx context.Context, r eventstore.LeaseRequest) (eventstore.LeaseGrant, error) {
			if calls++; calls%2 == 0 && !r.Leave {
				<-ctx.Done()
				return eventstore.LeaseGrant{}, ctx.Err()
			}
			return store.Lease(ctx, r)
		}})
		for range 50 {
			time.Sleep(leaseTTL / 10)
			synctest.Wait()
			require.Equal(t, saga.DefaultShards, p.Status(t.Context()).Shards)
		}
		p.stop()
	})
}

func TestAStoreThatTakesLongToReachIsReached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		connected := false
		p := s.shares(leasing{Store: store, lease: func(ctx context.Context, r eventstore.LeaseRequest) (eventstore.LeaseGrant, error) {
			if !connected {
				select {
				case <-time.After(leaseTTL):
				case <-ctx.Done():
					return eventstore.LeaseGrant{}, ctx.Err()
				}
			}
			connected = true
			return store.Lease(ctx, r)
		}})
		time.Sleep(10 * leaseTTL)
		synctest.Wait()
		require.Equal(t, saga.DefaultShards, p.Status(t.Context()).Shards)
		p.stop()
	})
}

func TestTokensGrowWithEveryTakeoverAndReachTheParticipants(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store, ref := newShop(t), memory.New(), parcelRef(1)
		s.set(action("pay"), first(hangs, hangs))
		for range 3 {
			p := s.shares(store, func(c *saga.Config) { c.ShutdownGrace = -1 })
			p.start(ref)
			synctest.Wait()
			p.stop()
		}
		s.verify(store)
		starts := tokensOf(t, store, ref, saga.TypeStepStarted)
		require.Len(t, starts, 6, "reserve, pay three times, ship and tell")
		require.Less(t, starts[1], starts[2])
		require.Less(t, starts[2], starts[3])
		require.Equal(t, starts, s.ledger.fencesOf(ref), "each attempt is told its token")
	})
}

func TestTokensInTheLogThatTheStoreNeverGrantedAreOutbid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store, ref := newShop(t), memory.New(), parcelRef(1)
		_, err := store.Lease(t.Context(), eventstore.LeaseRequest{
			Group: saga.LockName, Owner: "of another store", Shards: saga.DefaultShards, TTL: time.Minute, Above: 1_000, Leave: true,
		})
		require.NoError(t, err)
		s.set(action("pay"), first(hangs))
		p := s.shares(store, func(c *saga.Config) { c.ShutdownGrace = -1 })
		p.start(ref)
		synctest.Wait()
		p.stop()
		copied := memory.New() // the log without its leases
		for ev, err := range store.ReadAll(t.Context(), eventstore.Position{}, eventstore.Forwards, eventstore.Filter{}) {
			require.NoError(t, err)
			_, err := copied.Append(t.Context(), ev.Stream, eventstore.Exactly(ev.Revision-1), eventstore.EventData{
				ID: ev.ID, Type: ev.Type, Data: ev.Data, Metadata: ev.Metadata,
			})
			require.NoError(t, err)
		}
		p = s.shares(copied)
		require.Equal(t, saga.StateCompleted, p.rest(ref).State)
		p.stop()
		s.verify(copied)
		starts := tokensOf(t, copied, ref, saga.TypeStepStarted)
		require.Greater(t, starts[0], uint64(1_000))
		require.IsNonDecreasing(t, starts)
	})
}

// tokensOf returns the tokens of a saga's events of a type.
func tokensOf(t *testing.T, store eventstore.Store, ref saga.Ref, eventType string) []uint64 {
	var tokens []uint64
	for ev, err := range store.ReadStream(t.Context(), ref.Stream(), 0, eventstore.Forwards) {
		require.NoError(t, err)
		meta, err := eventstore.ParseMetadata(ev.Metadata)
		require.NoError(t, err)
		if ev.Type == eventType {
			tokens = append(tokens, meta.Fence)
		}
	}
	return tokens
}
