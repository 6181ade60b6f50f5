package eventstoretest

import (
	"context"
	"fmt"
	"math"

	"github.com/skaldgo/skald/eventstore"
)

// retentionCases do not end with Check, since ReadAll may still deliver what the streams do not show any more.
func retentionCases() []testCase {
	cases := append(truncateCases(), deleteCases()...)
	for i := range cases {
		cases[i].shortens = true
	}
	return cases
}

func truncateCases() []testCase {
	return []testCase{
		{name: "a truncated stream begins at the revision given, and its revisions stay", run: func(ctx context.Context, f fixture) {
			f.start(ctx, order, Events(10, "Placed")...)
			f.succeeds("truncate", f.retention().Truncate(ctx, order, 4))
			equal(f, "revisions", fmt.Sprint(revisions(f.stream(ctx, order))), "[4 5 6 7 8 9]")
			equal(f, "revisions backwards", fmt.Sprint(revisions(f.streamFrom(ctx, order, math.MaxInt64, back))), "[9 8 7 6 5 4]")
			equal(f, "revision appended next", f.append(ctx, order, eventstore.Exactly(9), Events(1, "Placed")...).Revision, 10)
		}},
		{name: "a truncated stream is not truncated less", run: func(ctx context.Context, f fixture) {
			f.start(ctx, order, Events(10, "Placed")...)
			f.succeeds("truncate", f.retention().Truncate(ctx, order, 6))
			f.succeeds("truncate again", f.retention().Truncate(ctx, order, 6))
			f.succeeds("truncate less", f.retention().Truncate(ctx, order, 2))
			equal(f, "revisions", fmt.Sprint(revisions(f.stream(ctx, order))), "[6 7 8 9]")
		}},
		{name: "what is appended to a stream that was truncated beyond its end is not lost", run: func(ctx context.Context, f fixture) {
			f.start(ctx, order, Events(3, "Placed")...)
			f.succeeds("truncate", f.retention().Truncate(ctx, order, 100))
			_, err := Collect(f.store.ReadStream(ctx, order, 0, fwd))
			wantError(f, err, eventstore.ErrStreamNotFound)
			f.append(ctx, order, eventstore.Exactly(2), Events(2, "Placed")...)
			equal(f, "revisions", fmt.Sprint(revisions(f.stream(ctx, order))), "[3 4]")
		}},
		{name: "a truncation leaves other streams alone", run: func(ctx context.Context, f fixture) {
			f.start(ctx, order, Events(3, "Placed")...)
			f.start(ctx, "order-2", Events(3, "Placed")...)
			f.succeeds("truncate", f.retention().Truncate(ctx, order, 2))
			equal(f, "revisions of the other", fmt.Sprint(revisions(f.stream(ctx, "order-2"))), "[0 1 2]")
		}},
		{name: "truncations at once leave the furthest", run: func(ctx context.Context, f fixture) {
			f.start(ctx, order, Events(10, "Placed")...)
			var results []<-chan error
			for before := range int64(8) {
				results = append(results, f.background(func() error { return f.retention().Truncate(ctx, order, before) }))
			}
			for _, result := range results {
				f.succeeds("truncate", <-result)
			}
			equal(f, "revisions", fmt.Sprint(revisions(f.stream(ctx, order))), "[7 8 9]")
		}},
		{name: "a missing stream is not found to be truncated, and bad arguments are invalid", run: func(ctx context.Context, f fixture) {
			wantError(f, f.retention().Truncate(ctx, "order-0", 1), eventstore.ErrStreamNotFound)
			wantError(f, f.retention().Truncate(ctx, "order", 1), eventstore.ErrInvalid)
			wantError(f, f.retention().Truncate(ctx, order, -1), eventstore.ErrInvalid)
		}},
	}
}

func deleteCases() []testCase {
	gone := func(ctx context.Context, f fixture) {
		f.Helper()
		for _, dir := range []eventstore.Direction{fwd, back} {
			_, err := Collect(f.store.ReadStream(ctx, order, 0, dir))
			wantError(f, err, eventstore.ErrStreamNotFound)
		}
	}
	return []testCase{
		{name: "a deleted stream is not found", run: func(ctx context.Context, f fixture) {
			f.start(ctx, order, Events(3, "Placed")...)
			f.succeeds("delete", f.retention().Delete(ctx, order, eventstore.Exactly(2)))
			gone(ctx, f)
			wantError(f, f.retention().Delete(ctx, order, eventstore.Any), eventstore.ErrStreamNotFound)
			wantError(f, f.retention().Truncate(ctx, order, 1), eventstore.ErrStreamNotFound)
			f.conflicts(ctx, -1, order, eventstore.StreamExists, Events(1, "Placed")...)
		}},
		{name: "an append under NoStream revives a deleted stream, whose revisions go on", run: func(ctx context.Context, f fixture) {
			f.start(ctx, order, Events(3, "Placed")...)
			f.succeeds("delete", f.retention().Delete(ctx, order, eventstore.StreamExists))
			equal(f, "revision", f.start(ctx, order, Events(2, "Placed")...).Revision, 4)
			equal(f, "revisions", fmt.Sprint(revisions(f.stream(ctx, order))), "[3 4]")
			f.append(ctx, order, eventstore.Exactly(4), Events(1, "Placed")...)
		}},
		{name: "an append under Any revives a deleted stream, also one that was truncated", run: func(ctx context.Context, f fixture) {
			f.start(ctx, order, Events(3, "Placed")...)
			f.succeeds("truncate", f.retention().Truncate(ctx, order, 2))
			f.succeeds("delete", f.retention().Delete(ctx, order, eventstore.Any))
			f.append(ctx, order, eventstore.Any, Events(1, "Placed")...)
			equal(f, "revisions", fmt.Sprint(revisions(f.stream(ctx, order))), "[3]")
		}},
		{name: "a stream at another revision is not deleted", run: func(ctx context.Context, f fixture) {
			f.start(ctx, order, Events(3, "Placed")...)
			for _, expected := range []eventstore.ExpectedRevision{eventstore.NoStream, eventstore.Exactly(1), eventstore.Exactly(3)} {
				err := f.retention().Delete(ctx, order, expected)
				wantConflict(f, err, eventstore.ConflictError{Stream: order, Expected: expected, Actual: 2})
			}
			equal(f, "events", len(f.stream(ctx, order)), 3)
		}},
		{name: "a missing stream is not found to be deleted, and bad arguments are invalid", run: func(ctx context.Context, f fixture) {
			wantError(f, f.retention().Delete(ctx, "order-0", eventstore.Any), eventstore.ErrStreamNotFound)
			wantError(f, f.retention().Delete(ctx, "order", eventstore.Any), eventstore.ErrInvalid)
			wantError(f, f.retention().Delete(ctx, order, eventstore.Exactly(-7)), eventstore.ErrInvalid)
		}},
	}
}

func (f fixture) retention() eventstore.Retention { return f.store.(eventstore.Retention) }

func (f fixture) succeeds(doing string, err error) {
	f.Helper()
	if err != nil {
		f.Fatalf("%s: %v", doing, err)
	}
}

func revisions(events []eventstore.RecordedEvent) []int64 {
	var all []int64
	for i := range events {
		all = append(all, events[i].Revision)
	}
	return all
}
