package saga_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

func workers(n int) func(*saga.Config) { return func(c *saga.Config) { c.Workers = n } }

func TestNeverMoreAttemptsRunThanThereAreWorkers(t *testing.T) {
	const sagas, bound = 5000, 100
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		for _, step := range parcelSteps {
			s.set(action(step), always(takes(10*time.Millisecond, succeeds)))
		}
		s.set(action("ship"), first(takes(10*time.Millisecond, fails)))
		p := s.run(store, workers(bound))
		synctest.Wait()
		for i := range sagas {
			p.start(parcelRef(i))
		}
		require.Equal(t, sagas, p.Status(t.Context()).InHand)
		for i := range sagas {
			require.Equal(t, saga.StateCompleted, p.rest(parcelRef(i)).State)
		}
		require.Equal(t, bound, s.ledger.most, "all slots were in use, and no more")
		p.stop()
		require.Empty(t, s.ledger.faults())
	})
}

func TestASagaThatWaitsForARetryHoldsNoSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		s.set(action("reserve"), first(fails))
		p := s.run(store, workers(1))
		p.start(parcelRef(1))
		synctest.Wait()
		require.Equal(t, 1, p.Status(t.Context()).Waiting)
		s.heal()
		began := time.Now()
		p.start(parcelRef(2))
		require.Equal(t, saga.StateCompleted, p.rest(parcelRef(2)).State)
		require.Less(t, time.Since(began), 750*time.Millisecond, "before the retry of the other was due")
		require.Equal(t, 1, p.Status(t.Context()).Waiting)
		require.Equal(t, saga.StateCompleted, p.rest(parcelRef(1)).State)
		p.stop()
		s.verify(store)
	})
}

func TestARetryThatFallsDueWaitsForASlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		s.set(action("reserve"), first(fails))
		s.set(action("hold"), always(takes(30*time.Second, succeeds)))
		p := s.run(store, workers(1))
		p.start(parcelRef(1))
		synctest.Wait()
		p.start(ticketRef(1))
		time.Sleep(10 * time.Second)
		st := p.Status(t.Context())
		require.Equal(t, 1, st.Queued)
		require.Equal(t, 1, st.Attempts)
		require.Equal(t, saga.StateCompleted, p.rest(parcelRef(1)).State)
		require.Equal(t, saga.StateCompleted, p.rest(ticketRef(1)).State)
		require.Equal(t, 1, s.ledger.most)
		p.stop()
		s.verify(store)
	})
}

// A function that is deaf to its context goes on after its attempt was given up; its slot is taken all the while.
func TestAnAttemptThatDoesNotReturnKeepsItsSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		returns := make(chan struct{})
		s.set(action("hold"), first(waits(returns, fails)))
		p := s.run(store, workers(1))
		p.start(ticketRef(1))
		require.NotNil(t, p.rest(ticketRef(1)).Parked)
		p.start(parcelRef(1))
		time.Sleep(time.Hour)
		require.Equal(t, 1, p.Status(t.Context()).Queued)
		close(returns)
		require.Equal(t, saga.StateCompleted, p.rest(parcelRef(1)).State)
		require.Equal(t, 1, s.ledger.most)
		p.stop()
		s.verify(store)
	})
}
