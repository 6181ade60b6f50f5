package saga_test

import (
	"context"
	"iter"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

// busy is a log into which others write much faster than an orchestrator takes note of it.
type busy struct {
	eventstore.Store
	begin chan struct{} // closed when they do
	told  atomic.Int64
}

func (b *busy) Subscribe(ctx context.Context, _ eventstore.Position, _ eventstore.Filter,
) iter.Seq2[eventstore.Message, error] {
	return func(yield func(eventstore.Message, error) bool) {
		<-b.begin
		for n := uint64(1); n <= 100_000; n++ {
			message := eventstore.Message{Kind: eventstore.KindCheckpoint, Position: eventstore.NewPosition(n, 0)}
			if !yield(message, nil) {
				return
			}
			b.told.Add(1)
		}
		<-ctx.Done()
		yield(eventstore.Message{}, ctx.Err())
	}
}

func TestABusyLogIsNotReadIntoMemoryAheadOfTheSagas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), &busy{Store: memory.New(), begin: make(chan struct{})}
		s.set(action("reserve"), first(fails))
		held := make(chan struct{})
		p := s.run(store, func(c *saga.Config) {
			c.Random = func() float64 { // holds up the loop
				<-held
				return 0
			}
		})
		synctest.Wait()
		started := make(chan error, 1)
		go func() {
			_, err := p.Start(t.Context(), "Parcel", "1", parcel{})
			started <- err
		}()
		synctest.Wait()
		close(store.begin)
		synctest.Wait()
		require.Less(t, store.told.Load(), int64(10_000))
		close(held)
		require.NoError(t, <-started)
		require.Equal(t, saga.StateCompleted, p.rest(parcelRef(1)).State)
		synctest.Wait()
		require.Equal(t, int64(100_000), store.told.Load(), "it is read on when there is room")
		p.stop()
	})
}
