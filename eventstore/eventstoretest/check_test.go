package eventstoretest_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/eventstoretest"
	"github.com/skaldgo/skald/eventstore/memory"
)

func TestCheckPassesASoundLog(t *testing.T) {
	require.Empty(t, record(t, func(t testing.TB) { eventstoretest.Check(t, memory.New()) }), "empty log")
	require.Empty(t, record(t, func(t testing.TB) { eventstoretest.Check(t, filled(t, 1000)) }))
}

func TestCheckReportsWhatIsWrong(t *testing.T) {
	eighth := func(spoil func(e *eventstore.RecordedEvent)) func(eventstore.RecordedEvent) recorded {
		return func(e eventstore.RecordedEvent) recorded {
			if major, _ := e.Position.Parts(); major == 8 {
				spoil(&e)
			}
			return recorded{e}
		}
	}
	tests := []struct {
		name    string
		instead func(eventstore.RecordedEvent) recorded
		says    string
	}{
		{"a gap in a stream", eighth(func(e *eventstore.RecordedEvent) { e.Revision++ }),
			"event 7 is account-1@4, want revision 3"},
		{"two events at one position", eighth(func(e *eventstore.RecordedEvent) {
			e.Position = eventstore.NewPosition(7, 0)
		}), "event 7 (account-1@3) is at position 7/0, the event before it at 7/0"},
		{"an event without a type", eighth(func(e *eventstore.RecordedEvent) { e.Type = "" }),
			"lacks an id, a type or a stream"},
		{"an event of no stream", eighth(func(e *eventstore.RecordedEvent) { e.Stream = "" }),
			"lacks an id, a type or a stream"},
		{"an event that is not there", func(e eventstore.RecordedEvent) recorded {
			if e.Revision == 3 && e.Stream == "account-1" {
				return nil
			}
			return recorded{e}
		}, "the log: event 9 is account-1@4, want revision 3"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			store := readsInstead(filled(t, 40), tt.instead)
			require.Contains(t, record(t, func(t testing.TB) { eventstoretest.Check(t, store) }), tt.says)
		})
	}
}

func TestCheckTellsWhichIDAStreamHoldsTwice(t *testing.T) {
	store := filled(t, 8)
	twice := eventstoretest.Event("Paid", "{}")
	for range 2 { // the memory store takes an id again at the present revision, as EventStoreDB does
		_, err := store.Append(t.Context(), "order-1", eventstore.StreamExists, twice)
		require.NoError(t, err)
	}
	require.Equal(t, fmt.Sprintf(`the log: stream "order-1" holds event id %s at revisions 4 and 5`, twice.ID),
		record(t, func(t testing.TB) { eventstoretest.Check(t, store) }))
}

func TestCheckComparesTheWaysToRead(t *testing.T) {
	s := filled(t, 40)
	drops := func(e eventstore.RecordedEvent) recorded {
		if e.Stream == "order-1" && e.Revision == 5 {
			return nil
		}
		return recorded{e}
	}
	otherBytes := func(e eventstore.RecordedEvent) recorded {
		e.Data = append(e.Data, ' ')
		return recorded{e}
	}
	stream := func(instead func(eventstore.RecordedEvent) recorded) eventstore.Store {
		return broken{Store: s, readStream: readsInstead(s, instead).readStream}
	}
	backwards := func(instead func(eventstore.RecordedEvent) recorded) eventstore.Store {
		return broken{Store: s, readAll: func(ctx context.Context, after eventstore.Position, dir eventstore.Direction,
			f eventstore.Filter) events {
			if dir == eventstore.Backwards {
				return mapped(s.ReadAll(ctx, after, dir, f), instead)
			}
			return s.ReadAll(ctx, after, dir, f)
		}}
	}
	for says, store := range map[string]eventstore.Store{
		`event 5 of stream "order-1" differs from the one in the log: got order-1@6, want order-1@5`: stream(drops),
		`event 0 of stream "order-1" differs from the one in the log: order-1@0: got data`:           stream(otherBytes),
		"read backwards, event 9 differs from the one read forwards":                                 backwards(drops),
		"read backwards, event 39 differs from the one read forwards":                                backwards(otherBytes),
	} {
		require.Contains(t, record(t, func(t testing.TB) { eventstoretest.Check(t, store) }), says)
	}
}

func TestCheckReportsAtMostTwentyProblems(t *testing.T) {
	store := readsInstead(filled(t, 100), func(e eventstore.RecordedEvent) recorded {
		e.Revision *= 2
		return recorded{e}
	})
	require.Contains(t, record(t, func(t testing.TB) { eventstoretest.Check(t, store) }), "more problems")
}

func TestCheckReportsAStoreThatCannotBeRead(t *testing.T) {
	store := filled(t, 4)
	require.NoError(t, store.Close())
	require.Equal(t, "the log: reading forwards after 0 events: read the log forwards: closed",
		record(t, func(t testing.TB) { eventstoretest.Check(t, store) }))
}

func TestEventsHaveFreshIDs(t *testing.T) {
	seen := make(map[eventstore.EventID]bool)
	for range 3 {
		for _, e := range append(eventstoretest.Events(5, "Placed"), eventstoretest.Event("Paid", "{}")) {
			require.False(t, seen[e.ID])
			seen[e.ID] = true
		}
	}
}

// filled returns a store with n events, in appends of two to two streams by turns.
func filled(t testing.TB, n int) *memory.Store {
	store := memory.New()
	for i := range n / 2 {
		stream := []string{"order-1", "account-1"}[i%2]
		_, err := store.Append(t.Context(), stream, eventstore.Any, eventstoretest.Events(2, "Placed")...)
		require.NoError(t, err)
	}
	return store
}

func BenchmarkCheck(b *testing.B) {
	store := memory.New()
	for i := range 10_000 {
		_, err := store.Append(b.Context(), fmt.Sprintf("order-%d", i), eventstore.NoStream,
			eventstoretest.Events(10, "Placed")...)
		require.NoError(b, err)
	}
	for b.Loop() {
		eventstoretest.Check(b, store)
	}
	b.ReportMetric(100_000, "events/op")
}
