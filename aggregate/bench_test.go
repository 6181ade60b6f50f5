package aggregate_test

import (
	"context"
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
)

// slice is a store of one stream that costs next to nothing.
type slice struct {
	eventstore.Store
	events []eventstore.RecordedEvent
}

func (s *slice) Append(_ context.Context, _ string, expected eventstore.ExpectedRevision, events ...eventstore.EventData,
) (eventstore.AppendResult, error) {
	revision, _ := expected.Revision()
	return eventstore.AppendResult{Revision: revision + int64(len(events))}, nil
}

func (s *slice) ReadStream(context.Context, string, int64, eventstore.Direction,
) iter.Seq2[eventstore.RecordedEvent, error] {
	return func(yield func(eventstore.RecordedEvent, error) bool) {
		for i := range s.events {
			if !yield(s.events[i], nil) {
				return
			}
		}
	}
}

var benchEnvelope = aggregate.Envelope{
	CorrelationID: "01934e2f-0000-7000-8000-000000000001", CausationID: "01934e2f-0000-7000-8000-000000000002",
	Actor: "orchestrator", TraceParent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", Fence: 7,
	At: time.Date(2026, 11, 21, 3, 4, 5, 123456789, time.UTC),
}

func benchRepository(b *testing.B, store eventstore.Store) *accounts {
	b.Helper()
	repository, err := aggregate.NewRepository(aggregate.Config[*Account]{
		Store: store, Registry: registryOf(b), Category: "account", New: NewAccount,
	})
	require.NoError(b, err)
	return repository
}

// One append of two small events, without the store: ids, encoding, metadata, chain.
func BenchmarkAppendChain(b *testing.B) {
	repository := benchRepository(b, &slice{})
	events := []Event{Deposited{Amount: 100}, Withdrawn{Amount: 30}}
	head := aggregate.NewHead(repository.Stream("7"))
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if head, err = repository.Append(b.Context(), head, events, benchEnvelope); err != nil {
			b.Fatal(err)
		}
	}
}

// One load of ten small events, without the store: chain, decoding, folding.
func BenchmarkLoadFold10(b *testing.B) {
	writer, store := open(b)
	head := aggregate.NewHead(writer.Stream("7"))
	for range 10 {
		var err error
		head, err = writer.Append(b.Context(), head, []Event{Deposited{Amount: 100}}, benchEnvelope)
		require.NoError(b, err)
	}
	repository := benchRepository(b, &slice{events: store.history(b, "account-7")})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := repository.Load(b.Context(), "7"); err != nil {
			b.Fatal(err)
		}
	}
}
