package sagatest_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	fulfilment "github.com/skaldgo/skald/examples/order-fulfillment/order"
	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/sagatest"
)

// orders is the definition by which the histories in testdata were made: projector dev runs it with this timeout.
func orders() saga.Definition[fulfilment.Order] {
	return fulfilment.Definition((*fulfilment.Services)(nil), fulfilment.Options{Timeout: 3 * time.Second})
}

func history(t *testing.T, name string) *sagatest.History {
	t.Helper()
	h, err := sagatest.FromHistory(filepath.Join("testdata", "history", name+".jsonl"))
	require.NoError(t, err)
	return h
}

func TestTheHistoriesOfTheOrderExample(t *testing.T) {
	for name, want := range map[string]saga.State{
		"completed": saga.StateCompleted, "compensated": saga.StateFailed, "redriven": saga.StateFailed,
	} {
		t.Run(name, func(t *testing.T) {
			h := history(t, name)
			last := int64(len(h.Events()) - 1)
			end, err := h.At(last)
			require.NoError(t, err)
			require.Equal(t, want, end.State())
			require.Nil(t, sagatest.CheckHistory(t, h, orders()))
			again := sagatest.RerunHistory(t, h, orders())
			require.Equal(t, want, again.State())
			require.Equal(t, last, again.Revision(), "not an event more or less")
		})
	}
}
