package eventstoretest

import (
	"context"

	"github.com/skaldgo/skald/eventstore"
)

func filteredSubscriptionCases() []testCase {
	return []testCase{
		{name: "it delivers the streams that the filter chooses, old and new", run: func(ctx context.Context, f fixture) {
			oldAndNew(ctx, f, streamPrefixes("order-", "account-"))
		}},
		{name: "it delivers the types that the filter chooses, old and new", run: func(ctx context.Context, f fixture) {
			oldAndNew(ctx, f, typePrefixes("Paid", "Open"))
		}},
		{name: "its position passes history that does not match", run: func(ctx context.Context, f fixture) {
			result := f.start(ctx, "noise-1", Events(1000, "Noise")...)
			sub := f.subscribe(ctx, start, streamPrefixes("order-"))
			equal(f, "events", len(sub.caughtUp(result.Position)), 0)
		}},
		{name: "its position passes new events that do not match", run: func(ctx context.Context, f fixture) {
			sub := f.subscribe(ctx, start, typePrefixes("Placed"))
			sub.caughtUp(start)
			for range 5 {
				result := f.append(ctx, "noise-1", eventstore.Any, Events(100, "Noise")...)
				equal(f, "events", len(sub.caughtUp(result.Position)), 0)
			}
			f.start(ctx, order, Event("Placed", "{}"))
			same(f, sub.events(1), f.stream(ctx, order))
		}},
		{name: "resumed after any message it goes on with the next match", run: func(ctx context.Context, f fixture) {
			resumesAnywhere(ctx, f, streamPrefixes("order-", "max-"))
		}},
		{name: "no message lies beyond the head, whatever matches", run: func(ctx context.Context, f fixture) {
			neverBeyondTheHead(ctx, f, typePrefixes("Placed"))
		}},
		{name: "a match far behind others is delivered", run: func(ctx context.Context, f fixture) {
			for range 3 {
				f.append(ctx, "noise-1", eventstore.Any, Events(1000, "Noise")...)
			}
			f.start(ctx, order, Event("Placed", "{}"))
			same(f, f.subscribe(ctx, start, streamPrefixes("order-")).events(1), f.stream(ctx, order))
		}},
	}
}

func oldAndNew(ctx context.Context, f fixture, filter eventstore.Filter) {
	log := variedLog(ctx, f)
	head := log[len(log)-1].Position
	sub := f.subscribe(ctx, start, filter)
	same(f, sub.caughtUp(head), choose(log, filter))
	log = variedLog(ctx, f) // the same again, behind the first
	same(f, sub.caughtUp(log[len(log)-1].Position), choose(f.allFrom(ctx, head, fwd, everything), filter))
}
