package postgres_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/eventstoretest"
	"github.com/skaldgo/skald/eventstore/postgres"
	"github.com/skaldgo/skald/saga"
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

type order struct{}

func act(context.Context, saga.Call[order]) (struct{}, error) { return struct{}{}, nil }

func undo(context.Context, saga.Call[order], *struct{}) error { return nil }

// BenchmarkSagas runs sagas of four steps that do nothing, a thousand at a time.
func BenchmarkSagas(b *testing.B) {
	store := open(b, postgres.Config{URL: newCluster(b).URL()})
	steps := make([]saga.Step[order], 4)
	for i := range steps {
		steps[i] = saga.Compensable(fmt.Sprintf("step_%d", i), act, undo, saga.StepOptions{})
	}
	o, err := saga.New(saga.Config{
		Store: store, Workers: 1_000, Definitions: []saga.AnyDefinition{saga.Definition[order]{Name: "Order", Version: 1, Steps: steps}},
	})
	require.NoError(b, err)
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- o.Run(ctx) }()
	var next atomic.Int64
	var callers sync.WaitGroup
	b.ResetTimer()
	for range 1_000 {
		callers.Go(func() {
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				id := fmt.Sprint(n)
				if _, err := o.Start(ctx, "Order", id, order{}); err != nil {
					b.Error(err)
					return
				}
				if _, err := o.Wait(ctx, "Order", id); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	callers.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "sagas/s")
	b.StopTimer()
	stop()
	require.NoError(b, <-ended)
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
