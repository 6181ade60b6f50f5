package memory_test

import (
	"context"
	"math"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/eventstoretest"
	"github.com/skaldgo/skald/eventstore/memory"
)

func TestPositionsCountTheEventsFromOne(t *testing.T) {
	store := memory.New()
	for i := range 3 {
		result, err := store.Append(t.Context(), "order-1", eventstore.Exactly(int64(i*2)-1),
			eventstoretest.Events(2, "Placed")...)
		require.NoError(t, err)
		require.Equal(t, eventstore.NewPosition(uint64(i)*2+2, 0), result.Position)
	}
	n := uint64(0)
	for e, err := range store.ReadAll(t.Context(), eventstore.Position{}, eventstore.Forwards, eventstore.Filter{}) {
		require.NoError(t, err)
		n++
		require.Equal(t, eventstore.NewPosition(n, 0), e.Position)
	}
	require.EqualValues(t, 6, n)
}

func TestPositionsBetweenAndBeyondEventsAreUnderstood(t *testing.T) {
	store := memory.New()
	_, err := store.Append(t.Context(), "order-1", eventstore.NoStream, eventstoretest.Events(4, "Placed")...)
	require.NoError(t, err)
	read := func(p eventstore.Position, dir eventstore.Direction) (revisions []int64) {
		events, err := eventstoretest.Collect(store.ReadAll(t.Context(), p, dir, eventstore.Filter{}))
		require.NoError(t, err)
		for _, e := range events {
			revisions = append(revisions, e.Revision)
		}
		return revisions
	}
	between, beyond := eventstore.NewPosition(2, 7), eventstore.NewPosition(math.MaxUint64, math.MaxUint64)
	require.Equal(t, []int64{2, 3}, read(between, eventstore.Forwards))
	require.Equal(t, []int64{1, 0}, read(between, eventstore.Backwards))
	require.Empty(t, read(beyond, eventstore.Forwards))
	require.Equal(t, []int64{3, 2, 1, 0}, read(beyond, eventstore.Backwards))
}

func TestAnIDSentAgainAtThePresentRevisionIsNoRepeat(t *testing.T) {
	store, event := memory.New(), eventstoretest.Event("Placed", "{}")
	for i := range 2 {
		result, err := store.Append(t.Context(), "order-1", eventstore.Exactly(int64(i)-1), event)
		require.NoError(t, err)
		require.EqualValues(t, i, result.Revision)
	}
}

func TestANegativeRevisionIsInvalid(t *testing.T) {
	_, err := eventstoretest.Collect(memory.New().ReadStream(t.Context(), "order-1", -1, eventstore.Forwards))
	require.ErrorIs(t, err, eventstore.ErrInvalid)
}

func TestASecondLoopSaysWhatIsWrong(t *testing.T) {
	seq := memory.New().ReadAll(t.Context(), eventstore.Position{}, eventstore.Forwards, eventstore.Filter{})
	_, err := eventstoretest.Collect(seq)
	require.NoError(t, err)
	_, err = eventstoretest.Collect(seq)
	require.EqualError(t, err, "the iterator was already used, and is good for one loop: invalid argument")
}

func TestALoopBodyMayCloseTheStore(t *testing.T) {
	store := memory.New()
	_, err := store.Append(t.Context(), "order-1", eventstore.NoStream, eventstoretest.Events(2, "Placed")...)
	require.NoError(t, err)
	var last error
	for _, err := range store.Subscribe(t.Context(), eventstore.Position{}, eventstore.Filter{}) {
		last = err
		require.NoError(t, store.Close())
	}
	require.ErrorIs(t, last, eventstore.ErrClosed)
}

func TestAWaitingSubscriptionIsBlockedInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memory.New()
		ctx, cancel := context.WithCancel(t.Context())
		var kinds []eventstore.MessageKind
		go func() {
			for m := range store.Subscribe(ctx, eventstore.Position{}, eventstore.Filter{}) {
				kinds = append(kinds, m.Kind)
			}
		}()
		synctest.Wait()
		require.Equal(t, []eventstore.MessageKind{eventstore.KindCaughtUp}, kinds)
		_, err := store.Append(ctx, "order-1", eventstore.NoStream, eventstoretest.Event("Placed", "{}"))
		require.NoError(t, err)
		synctest.Wait()
		require.Equal(t, []eventstore.MessageKind{
			eventstore.KindCaughtUp, eventstore.KindEvent, eventstore.KindCaughtUp,
		}, kinds)
		cancel()
		synctest.Wait()
		require.Equal(t, eventstore.MessageKind(0), kinds[len(kinds)-1], "the error comes with a zero message")
	})
}
