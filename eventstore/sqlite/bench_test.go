package sqlite_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/sqlite"
)

// benchEvents makes events of about 300 bytes, like those of a saga.
func benchEvents(n int) []eventstore.EventData {
	data := []byte(`{"step":"reserve_inventory","attempt":1,"key":"OrderFulfillment/018f3a52/reserve_inventory/do","deadline":"2026-01-01T12:00:00Z",` +
		`"result":{"reservation":"r-4711","items":[{"sku":"A-1","quantity":2}]}}`)
	metadata := []byte(`{"$correlationId":"018f3a52-7b1c-7000-8000-000000000001",` +
		`"at":"2026-01-01T12:00:00.123456Z","schema":1}`)
	events := make([]eventstore.EventData, n)
	for i := range events {
		id, err := eventstore.NewEventID()
		if err != nil {
			panic(err)
		}
		events[i] = eventstore.EventData{ID: id, Type: "StepCompleted", Data: data, Metadata: metadata}
	}
	return events
}

func BenchmarkAppendOneWriter(b *testing.B) { benchmarkAppend(b, 1) }

func BenchmarkAppend64Writers(b *testing.B) { benchmarkAppend(b, 64) }

func BenchmarkAppend1000Writers(b *testing.B) { benchmarkAppend(b, 1_000) }

// benchmarkAppend appends two events at a time with an exact expected revision. Each stream takes five appends.
func benchmarkAppend(b *testing.B, writers int) {
	store := open(b, newPath(b))
	var left atomic.Int64
	left.Store(int64(b.N))
	took := make([][]time.Duration, writers)
	b.ResetTimer()
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for n := 0; left.Add(-1) >= 0; n++ {
				stream, revision := fmt.Sprintf("saga:Order-%d-%d", w, n/5), int64(n%5*2-1)
				began := time.Now()
				_, err := store.Append(context.Background(), stream, eventstore.Exactly(revision), benchEvents(2)...)
				if err != nil {
					b.Error(err)
					return
				}
				took[w] = append(took[w], time.Since(began))
			}
		})
	}
	group.Wait()
	b.StopTimer()
	all := slices.Concat(took...)
	slices.Sort(all)
	ms := func(q float64) float64 { return all[int(q*float64(len(all)-1))].Seconds() * 1e3 }
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "appends/s")
	b.ReportMetric(ms(0.5), "p50-ms")
	b.ReportMetric(ms(0.99), "p99-ms")
}

// BenchmarkReadAll reads a log of a million events, of which 1,000 streams are open at any time, from end to end.
func BenchmarkReadAll(b *testing.B) {
	const events = 1_000_000
	store := open(b, newPath(b))
	fill(b, store, events)
	b.ResetTimer()
	for range b.N {
		n := 0
		for _, err := range store.ReadAll(b.Context(), eventstore.Position{}, eventstore.Forwards, eventstore.Filter{}) {
			require.NoError(b, err)
			n++
		}
		require.Equal(b, events, n)
	}
	b.ReportMetric(float64(b.N)*events/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkReadStream10 loads streams of ten events each, one after the other, on one goroutine.
func BenchmarkReadStream10(b *testing.B) {
	const events = 200_000
	store := open(b, newPath(b))
	fill(b, store, events)
	load := func(i int) {
		n := 0
		stream := fmt.Sprintf("saga:Order-%d", i*7919%(events/10))
		for _, err := range store.ReadStream(b.Context(), stream, 0, eventstore.Forwards) {
			require.NoError(b, err)
			n++
		}
		require.Equal(b, 10, n)
	}
	for i := range events / 10 {
		load(i)
	}
	b.ResetTimer()
	for i := range b.N {
		load(i)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "loads/s")
}

// BenchmarkOpen opens a log of a million events in 100,000 streams, whose indexes are counted each time.
func BenchmarkOpen(b *testing.B) {
	path := newPath(b)
	store, err := sqlite.Open(b.Context(), sqlite.Config{Path: path})
	require.NoError(b, err)
	fill(b, store, 1_000_000)
	require.NoError(b, store.Close())
	b.ResetTimer()
	for range b.N {
		store, err := sqlite.Open(b.Context(), sqlite.Config{Path: path})
		require.NoError(b, err)
		require.NoError(b, store.Close())
	}
}

// fill writes streams of ten events in five appends, a thousand streams at a time.
func fill(b *testing.B, store eventstore.Store, events int) {
	b.Helper()
	const width = 1_000
	for first := 0; first < events/10; first += width {
		for revision := int64(-1); revision < 9; revision += 2 {
			var group sync.WaitGroup
			for i := range width {
				group.Go(func() {
					stream := fmt.Sprintf("saga:Order-%d", first+i)
					if _, err := store.Append(context.Background(), stream, eventstore.Exactly(revision), benchEvents(2)...); err != nil {
						b.Error(err)
					}
				})
			}
			group.Wait()
		}
	}
}
