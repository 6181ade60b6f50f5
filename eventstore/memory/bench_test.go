package memory_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/eventstoretest"
	"github.com/skaldgo/skald/eventstore/memory"
)

func BenchmarkAppend(b *testing.B) {
	store, batch := memory.New(), eventstoretest.Events(2, "Placed")
	for n := 0; b.Loop(); n++ {
		_, err := store.Append(b.Context(), fmt.Sprintf("order-%d", n), eventstore.NoStream, batch...)
		require.NoError(b, err)
	}
}

func BenchmarkReadAll(b *testing.B) {
	store := memory.New()
	for i := range 1000 {
		_, err := store.Append(b.Context(), fmt.Sprintf("order-%d", i), eventstore.NoStream,
			eventstoretest.Events(10, "Placed")...)
		require.NoError(b, err)
	}
	for b.Loop() {
		for _, err := range store.ReadAll(b.Context(), eventstore.Position{}, eventstore.Forwards, eventstore.Filter{}) {
			require.NoError(b, err)
		}
	}
	b.ReportMetric(10_000*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
