package saga_test

import (
	"bytes"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

// Whoever starts a saga is told soon that the store takes nothing, and may try again; sagas on their way wait for it.
func TestAStartIsRefusedWhileTheStoreIsUnavailableAndSagasOnTheirWayWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		store, full := memory.New(), false
		hook := &hooked{Store: store, appending: func(_ string, _ []eventstore.EventData, next appending) (
			eventstore.AppendResult, error,
		) {
			if full {
				return unavailable(next)
			}
			return next()
		}}
		o := runOrchestrator(t, saga.Config{
			Store: hook, Definitions: []saga.AnyDefinition{fourSteps(doNothing)},
			Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn})),
		})
		synctest.Wait()
		full = true
		began := time.Now()
		_, err := o.Start(t.Context(), "Trip", "refused", trip{City: "Bergen"})
		require.ErrorIs(t, err, eventstore.ErrUnavailable)
		require.Less(t, time.Since(began), 5*time.Second)
		_, err = o.Load(t.Context(), "Trip", "refused")
		require.ErrorIs(t, err, saga.ErrNotFound)
		require.Contains(t, log.String(), "the store does not take appends")

		full = false
		created, err := o.Start(t.Context(), "Trip", "refused", trip{City: "Bergen"})
		require.NoError(t, err, "the store works again")
		require.True(t, created)
		end, err := o.Wait(t.Context(), "Trip", "refused")
		require.NoError(t, err)
		require.Equal(t, saga.StateCompleted, end.State)
	})
}
