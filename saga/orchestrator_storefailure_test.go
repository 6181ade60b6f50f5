package saga_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

func TestAStoreThatIsClosedEndsRunWithItsErrorAndCutsAttemptsOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		s.set(action("pay"), always(hangs))
		p := s.run(store)
		p.start(parcelRef(1))
		synctest.Wait()
		began := time.Now()
		require.NoError(t, store.Close())
		<-p.ended
		require.ErrorIs(t, p.err, eventstore.ErrClosed)
		require.Zero(t, time.Since(began), "the attempt is cut off at once")
		_, err := p.Start(t.Context(), "Parcel", "2", parcel{})
		require.ErrorIs(t, err, eventstore.ErrClosed)
		require.ErrorIs(t, p.Run(t.Context()), eventstore.ErrClosed)
	})
}

func TestAStoreThatDeniesAppendsEndsRunWithItsError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		denied := &hooked{Store: memory.New(), appending: func(string, []eventstore.EventData, appending) (
			eventstore.AppendResult, error,
		) {
			return eventstore.AppendResult{}, eventstore.ErrDenied
		}}
		p := s.run(denied)
		synctest.Wait()
		_, err := p.Start(t.Context(), "Parcel", "1", parcel{})
		require.Error(t, err)
		<-p.ended
		require.ErrorIs(t, p.err, eventstore.ErrDenied)
	})
}

func TestAStopDoesNotWaitForAStoreThatIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		var away atomic.Bool
		s.set(action("pay"), first(takes(time.Second, succeeds)))
		p := s.run(&hooked{Store: store, appending: func(_ string, _ []eventstore.EventData, next appending) (
			eventstore.AppendResult, error,
		) {
			if away.Load() {
				return unavailable(next)
			}
			return next()
		}})
		p.start(parcelRef(1))
		synctest.Wait()
		away.Store(true)
		time.Sleep(time.Minute)
		began := time.Now()
		p.end()
		<-p.ended
		require.ErrorIs(t, p.err, eventstore.ErrUnavailable)
		require.LessOrEqual(t, time.Since(began), 20*time.Second, "the grace, and as long again for the append")
		next := s.run(store)
		require.Equal(t, saga.StateCompleted, next.rest(parcelRef(1)).State)
		next.stop()
		s.verify(store)
	})
}
