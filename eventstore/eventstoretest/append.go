package eventstoretest

import (
	"context"

	"github.com/skaldgo/skald/eventstore"
)

func appendCases() []testCase {
	return []testCase{
		{name: "the result names the last event of the append", run: resultNamesLast},
		{name: "streams count their revisions independently", run: independentStreams},
		{name: "a conflict stores nothing and leaves the stream usable", run: conflictStoresNothing},
		{name: "a thousand events in one append keep their order", run: func(ctx context.Context, f fixture) {
			f.start(ctx, "other-1", Event("Noise", "{}"))
			events := Events(1000, "Placed")
			result := f.start(ctx, order, events...)
			equal(f, "revision of the last event", result.Revision, 999)
			stored(f, f.stream(ctx, order), order, 0, events...)
			stored(f, f.all(ctx)[1:], order, 0, events...)
		}},
		{name: "several appends of a thousand events number the revisions on", run: func(ctx context.Context, f fixture) {
			events := Events(3000, "Placed")
			f.start(ctx, order, events[:1000]...)
			f.append(ctx, order, eventstore.Exactly(999), events[1000:2000]...)
			f.append(ctx, order, eventstore.Exactly(1999), events[2000:]...)
			stored(f, f.stream(ctx, order), order, 0, events...)
		}},
	}
}

func resultNamesLast(ctx context.Context, f fixture) {
	for i, size := range []int{1, 2, 5, 40} {
		expected := eventstore.NoStream
		if i > 0 {
			events := f.stream(ctx, order)
			expected = eventstore.Exactly(int64(len(events)) - 1)
		}
		result := f.append(ctx, order, expected, Events(size, "Placed")...)
		events := f.stream(ctx, order)
		last := events[len(events)-1]
		equal(f, "result", result, eventstore.AppendResult{Revision: last.Revision, Position: last.Position})
	}
}

func independentStreams(ctx context.Context, f fixture) {
	first, second := Events(4, "Placed"), Events(4, "Opened")
	for i := range first {
		expected := eventstore.Exactly(int64(i) - 1)
		f.append(ctx, order, expected, first[i])
		f.append(ctx, "account-1", expected, second[i])
	}
	stored(f, f.stream(ctx, order), order, 0, first...)
	stored(f, f.stream(ctx, "account-1"), "account-1", 0, second...)
	equal(f, "events in the log", len(f.all(ctx)), 8)
}

func conflictStoresNothing(ctx context.Context, f fixture) {
	kept := Events(3, "Placed")
	f.start(ctx, order, kept[:2]...)
	f.conflicts(ctx, 1, order, eventstore.Exactly(0), Events(10, "Lost")...)
	f.conflicts(ctx, -1, "order-2", eventstore.Exactly(0), Events(10, "Lost")...)
	f.append(ctx, order, eventstore.Exactly(1), kept[2])
	stored(f, f.all(ctx), order, 0, kept...)
	endsWith(f, f.store.ReadStream(ctx, "order-2", 0, fwd), eventstore.ErrStreamNotFound)
}
