package postgres_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/eventstoretest"
	"github.com/skaldgo/skald/eventstore/postgres"
)

// BenchmarkAppend is 256 callers that each append two events at a time to streams of their own, on a server that syncs
// every commit.
func BenchmarkAppend(b *testing.B) {
	store := open(b, postgres.Config{URL: newCluster(b).URL()})
	var next atomic.Int64
	var callers sync.WaitGroup
	b.ResetTimer()
	for i := range 256 {
		callers.Go(func() {
			revision := int64(-1)
			for next.Add(1) <= int64(b.N) {
				result, err := store.Append(b.Context(), fmt.Sprintf("note-%d", i), eventstore.Exactly(revision),
					eventstoretest.Events(2, "NoteTaken")...)
				if err != nil {
					b.Error(err)
					return
				}
				revision = result.Revision
			}
		})
	}
	callers.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "appends/s")
}

// BenchmarkLoad reads streams of ten events.
func BenchmarkLoad(b *testing.B) {
	store := open(b, postgres.Config{URL: newCluster(b).URL()})
	for i := range 100 {
		_, err := store.Append(b.Context(), fmt.Sprintf("note-%d", i), eventstore.NoStream, eventstoretest.Events(10, "NoteTaken")...)
		require.NoError(b, err)
	}
	for n := 0; b.Loop(); n++ {
		events, err := eventstoretest.Collect(store.ReadStream(b.Context(), fmt.Sprintf("note-%d", n%100), 0, eventstore.Forwards))
		require.NoError(b, err)
		require.Len(b, events, 10)
	}
}
