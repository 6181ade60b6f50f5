package saga_test

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

func TestARestartFindsASagaThatStartedRightBehindThePositionOfTheRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		put(t, store, "noise-1", "Noise", `{}`)
		_, err := s.open(store).Start(t.Context(), "Parcel", "1", parcel{Item: "lamp 1"})
		require.NoError(t, err)
		put(t, store, saga.IndexStream("main"), saga.TypeOpenSagasRecorded, chunkOf(eventstore.NewPosition(1, 0), 0, true))

		p := s.run(store)
		require.Equal(t, saga.StateCompleted, p.rest(parcelRef(1)).State)
		p.stop()
	})
}
