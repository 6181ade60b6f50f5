package saga_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

func TestAnOrchestratorThatRunsAloneAndThoseThatShareExcludeEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		refused := func(change ...func(*saga.Config)) {
			t.Helper()
			soon, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			err := s.open(store, change...).Run(soon)
			require.ErrorIs(t, err, eventstore.ErrLocked)
			var locked *eventstore.LockedError
			require.ErrorAs(t, err, &locked)
			require.Equal(t, saga.LockName, locked.Name)
		}
		alone := s.run(store)
		synctest.Wait()
		refused()
		refused(sharing)
		alone.start(parcelRef(1))
		require.Equal(t, saga.StateCompleted, alone.rest(parcelRef(1)).State, "it is not disturbed")
		alone.stop()

		first, second := s.shares(store), s.shares(store)
		refused()
		first.stop()
		refused()
		second.start(parcelRef(2))
		require.Equal(t, saga.StateCompleted, second.rest(parcelRef(2)).State)
		second.stop()

		again := s.run(store)
		again.start(parcelRef(3))
		require.Equal(t, saga.StateCompleted, again.rest(parcelRef(3)).State, "the last of them has left")
		again.stop()
		s.verify(store)
	})
}
