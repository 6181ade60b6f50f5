package eventstoretest

import (
	"context"
	"sync"

	"github.com/skaldgo/skald/eventstore"
)

func repeatCases() []testCase {
	return []testCase{
		{name: "a repeat under NoStream returns the first outcome", run: func(ctx context.Context, f fixture) {
			events := Events(2, "Placed")
			first := f.start(ctx, order, events...)
			sameOutcome(f, f.start(ctx, order, events...), first)
			stored(f, f.all(ctx), order, 0, events...)
		}},
		{name: "a repeat under Exactly returns the first outcome", run: func(ctx context.Context, f fixture) {
			events := Events(5, "Placed")
			f.start(ctx, order, events[:3]...)
			first := f.append(ctx, order, eventstore.Exactly(2), events[3:]...)
			sameOutcome(f, f.append(ctx, order, eventstore.Exactly(2), events[3:]...), first)
			stored(f, f.all(ctx), order, 0, events...)
		}},
		{name: "a repeat after others have appended returns the first outcome, not the present one", run: repeatAfterOthers},
		{name: "a repeat is recognised however long ago the first was", run: repeatLongAgo},
		{name: "twenty repeats store nothing more", run: func(ctx context.Context, f fixture) {
			events := Events(3, "Placed")
			first := f.start(ctx, order, events...)
			for range 20 {
				sameOutcome(f, f.start(ctx, order, events...), first)
			}
			stored(f, f.all(ctx), order, 0, events...)
		}},
		{name: "a repeat that arrives from many callers at once is stored once", run: repeatAtOnce},
	}
}

func noRepeatCases() []testCase {
	return []testCase{
		{name: "a repeat whose first id differs is a conflict", run: func(ctx context.Context, f fixture) {
			events := Events(3, "Placed")
			f.start(ctx, order, events...)
			f.conflicts(ctx, 2, order, eventstore.NoStream, Event("Placed", "{}"), events[1], events[2])
		}},
		{name: "a repeat whose later id differs is a conflict", run: func(ctx context.Context, f fixture) {
			events := Events(3, "Placed")
			f.start(ctx, order, events...)
			f.conflicts(ctx, 2, order, eventstore.NoStream, events[0], events[1], Event("Placed", "{}"))
		}},
		{name: "a repeat with more events than are stored is a conflict", run: func(ctx context.Context, f fixture) {
			events := Events(3, "Placed")
			f.start(ctx, order, events[:2]...)
			f.conflicts(ctx, 1, order, eventstore.NoStream, events...)
			stored(f, f.all(ctx), order, 0, events[:2]...)
		}},
		{name: "a repeat of the front of an append returns where that front ends", run: func(ctx context.Context, f fixture) {
			events := Events(3, "Placed")
			f.start(ctx, order, events...)
			again := f.start(ctx, order, events[:2]...)
			front := f.stream(ctx, order)[1]
			sameOutcome(f, again, eventstore.AppendResult{Revision: 1, Position: front.Position})
		}},
		{name: "the same ids in another order are a conflict", run: func(ctx context.Context, f fixture) {
			events := Events(2, "Placed")
			f.start(ctx, order, events...)
			f.conflicts(ctx, 1, order, eventstore.NoStream, events[1], events[0])
		}},
		{name: "a known id at another revision is a conflict", run: func(ctx context.Context, f fixture) {
			events := Events(4, "Placed")
			f.start(ctx, order, events...)
			f.conflicts(ctx, 3, order, eventstore.Exactly(1), events[0])
			f.conflicts(ctx, 3, order, eventstore.Exactly(0), events[2])
			f.conflicts(ctx, 3, order, eventstore.NoStream, events[3])
		}},
		{name: "a known id expected ahead of the stream is a conflict", run: func(ctx context.Context, f fixture) {
			events := Events(2, "Placed")
			f.start(ctx, order, events...)
			f.conflicts(ctx, 1, order, eventstore.Exactly(5), events[1])
		}},
		{name: "the same event id in two streams is two events", run: func(ctx context.Context, f fixture) {
			event := Event("Placed", "{}")
			f.start(ctx, order, event)
			f.start(ctx, "order-2", event)
			stored(f, f.stream(ctx, order), order, 0, event)
			stored(f, f.stream(ctx, "order-2"), "order-2", 0, event)
			equal(f, "events in the log", len(f.all(ctx)), 2)
		}},
		{name: "the loser of a race who sends fresh ids is never told success", run: func(ctx context.Context, f fixture) {
			f.start(ctx, order, Event("Placed", "{}"))
			f.append(ctx, order, eventstore.Exactly(0), Event("Paid", `{"by":"winner"}`))
			f.conflicts(ctx, 1, order, eventstore.Exactly(0), Event("Paid", `{"by":"winner"}`))
		}},
	}
}

func repeatAfterOthers(ctx context.Context, f fixture) {
	events := Events(4, "Placed")
	first := f.start(ctx, order, events[:2]...)
	second := f.append(ctx, order, eventstore.Exactly(1), events[2])
	f.append(ctx, order, eventstore.Exactly(2), events[3])
	f.start(ctx, "order-2", Event("Placed", "{}"))
	sameOutcome(f, f.start(ctx, order, events[:2]...), first)
	sameOutcome(f, f.append(ctx, order, eventstore.Exactly(1), events[2]), second)
	stored(f, f.stream(ctx, order), order, 0, events...)
}

func repeatLongAgo(ctx context.Context, f fixture) {
	oldest := Events(2, "Placed")
	first := f.start(ctx, order, oldest...)
	for i := range 5 {
		f.append(ctx, order, eventstore.Exactly(int64(1+i*1000)), Events(1000, "Touched")...)
		f.append(ctx, "order-2", eventstore.Any, Events(1000, "Touched")...)
	}
	sameOutcome(f, f.start(ctx, order, oldest...), first)
	equal(f, "events in the stream", len(f.stream(ctx, order)), 5002)
}

func repeatAtOnce(ctx context.Context, f fixture) {
	const callers = 16
	events := Events(3, "Placed")
	results, errs := make([]eventstore.AppendResult, callers), make([]error, callers)
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() { results[i], errs[i] = f.store.Append(ctx, order, eventstore.NoStream, events...) })
	}
	wg.Wait()
	recorded := f.stream(ctx, order)
	stored(f, recorded, order, 0, events...)
	for i := range callers {
		if errs[i] != nil {
			f.Fatalf("caller %d: %v", i, errs[i])
		}
		sameOutcome(f, results[i], eventstore.AppendResult{Revision: 2, Position: recorded[2].Position})
	}
}
