package eventstoretest

import (
	"errors"
	"slices"
	"testing"

	"github.com/skaldgo/skald/eventstore"
)

func equal[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
}

func wantError(t testing.TB, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Fatalf("got error %v, want one that matches %q", err, target)
	}
}

func wantConflict(t testing.TB, err error, want eventstore.ConflictError) {
	t.Helper()
	wantError(t, err, eventstore.ErrConflict)
	var conflict *eventstore.ConflictError
	if !errors.As(err, &conflict) {
		t.Fatalf("got the conflict %v, want it as *eventstore.ConflictError", err)
	}
	equal(t, "the conflict", *conflict, want)
}

// sameOutcome compares the result of a repeated append with the first one, whose position a store may have forgotten.
func sameOutcome(t testing.TB, again, first eventstore.AppendResult) {
	t.Helper()
	equal(t, "revision of the repeat", again.Revision, first.Revision)
	if !again.Position.IsZero() {
		equal(t, "position of the repeat", again.Position, first.Position)
	}
}

// stored compares events read with what was appended to one stream from a revision onwards.
func stored(t testing.TB, got []eventstore.RecordedEvent, stream string, first int64, want ...eventstore.EventData) {
	t.Helper()
	equal(t, "number of events", len(got), len(want))
	for i, w := range want {
		expected := eventstore.RecordedEvent{
			ID: w.ID, Type: w.Type, Stream: stream, Revision: first + int64(i), Data: w.Data, Metadata: w.Metadata,
			Position: got[i].Position, RecordedAt: got[i].RecordedAt,
		}
		if diff := difference(&got[i], &expected); diff != "" {
			t.Fatalf("event %d: %s", i, diff)
		}
	}
}

// same compares two readings of the same events.
func same(t testing.TB, got, want []eventstore.RecordedEvent) {
	t.Helper()
	for i := range min(len(got), len(want)) {
		if diff := difference(&got[i], &want[i]); diff != "" {
			t.Fatalf("event %d: %s", i, diff)
		}
	}
	equal(t, "number of events", len(got), len(want))
}

func reversed(events []eventstore.RecordedEvent) []eventstore.RecordedEvent {
	events = slices.Clone(events)
	slices.Reverse(events)
	return events
}

// endsWith requires an iterator to yield nothing but one error that matches target.
func endsWith[T any](t testing.TB, seq func(func(T, error) bool), target error) {
	t.Helper()
	pulls := 0
	for _, err := range seq {
		pulls++
		wantError(t, err, target)
	}
	equal(t, "number of times that the error was yielded", pulls, 1)
}
