package eventstoretest

import (
	"context"
	"math"

	"github.com/skaldgo/skald/eventstore"
)

func expectedCases() []testCase {
	return []testCase{
		{name: "the first append under NoStream starts the stream at revision 0", run: firstAppend},
		{name: "NoStream on a stream that exists is a conflict", run: func(ctx context.Context, f fixture) {
			f.start(ctx, order, Events(2, "Placed")...)
			f.conflicts(ctx, 1, order, eventstore.NoStream, Event("Placed", "{}"))
		}},
		{name: "Exactly appends after the revision that it names", run: func(ctx context.Context, f fixture) {
			events := Events(3, "Placed")
			f.start(ctx, order, events[0])
			equal(f, "revision", f.append(ctx, order, eventstore.Exactly(0), events[1]).Revision, 1)
			equal(f, "revision", f.append(ctx, order, eventstore.Exactly(1), events[2]).Revision, 2)
			stored(f, f.stream(ctx, order), order, 0, events...)
		}},
		{name: "Exactly behind the stream is a conflict", run: func(ctx context.Context, f fixture) {
			f.start(ctx, order, Events(3, "Placed")...)
			f.conflicts(ctx, 2, order, eventstore.Exactly(0), Event("Paid", "{}"))
			f.conflicts(ctx, 2, order, eventstore.Exactly(1), Event("Paid", "{}"))
		}},
		{name: "Exactly ahead of the stream is a conflict", run: func(ctx context.Context, f fixture) {
			f.start(ctx, order, Events(3, "Placed")...)
			f.conflicts(ctx, 2, order, eventstore.Exactly(3), Event("Paid", "{}"))
			f.conflicts(ctx, 2, order, eventstore.Exactly(math.MaxInt64-1), Event("Paid", "{}"))
		}},
		{name: "Exactly on a missing stream is a conflict with revision -1", run: func(ctx context.Context, f fixture) {
			f.conflicts(ctx, -1, order, eventstore.Exactly(0), Event("Paid", "{}"))
			f.conflicts(ctx, -1, order, eventstore.Exactly(7), Event("Paid", "{}"))
		}},
		{name: "Exactly(-1) means NoStream", run: func(ctx context.Context, f fixture) {
			equal(f, "revision", f.append(ctx, order, eventstore.Exactly(-1), Event("Placed", "{}")).Revision, 0)
			f.conflicts(ctx, 0, order, eventstore.Exactly(-1), Event("Placed", "{}"))
		}},
		{name: "Any appends whether the stream exists or not", run: func(ctx context.Context, f fixture) {
			events := Events(3, "Placed")
			equal(f, "revision", f.append(ctx, order, eventstore.Any, events[:2]...).Revision, 1)
			equal(f, "revision", f.append(ctx, order, eventstore.Any, events[2]).Revision, 2)
			stored(f, f.stream(ctx, order), order, 0, events...)
		}},
		{name: "StreamExists appends to a stream that exists", run: func(ctx context.Context, f fixture) {
			f.start(ctx, order, Event("Placed", "{}"))
			equal(f, "revision", f.append(ctx, order, eventstore.StreamExists, Event("Paid", "{}")).Revision, 1)
		}},
		{name: "StreamExists on a missing stream is a conflict with revision -1",
			run: func(ctx context.Context, f fixture) {
				f.conflicts(ctx, -1, order, eventstore.StreamExists, Event("Paid", "{}"))
			}},
		{name: "an expectation out of range is invalid", run: func(ctx context.Context, f fixture) {
			for _, expected := range []eventstore.ExpectedRevision{
				eventstore.Exactly(-2), eventstore.Exactly(math.MaxInt64), eventstore.Exactly(math.MinInt64), -3,
			} {
				f.refused(ctx, eventstore.ErrInvalid, order, expected, Event("Placed", "{}"))
			}
		}},
	}
}

func firstAppend(ctx context.Context, f fixture) {
	event := Event("Placed", `{"total":12}`)
	result := f.start(ctx, order, event)
	equal(f, "revision", result.Revision, 0)
	equal(f, "position is zero", result.Position.IsZero(), false)
	stored(f, f.stream(ctx, order), order, 0, event)
}
