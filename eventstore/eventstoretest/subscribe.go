package eventstoretest

import (
	"context"
	"fmt"

	"github.com/skaldgo/skald/eventstore"
)

func subscribeCases() []testCase {
	return []testCase{
		{name: "on an empty log it is caught up at once", run: func(ctx context.Context, f fixture) {
			equal(f, "events", len(f.subscribe(ctx, start, everything).caughtUp(start)), 0)
		}},
		{name: "it delivers the history, catches up, and delivers what is new", run: func(ctx context.Context, f fixture) {
			log := mixedLog(ctx, f, 30)
			sub := f.subscribe(ctx, start, everything)
			same(f, sub.caughtUp(log[29].Position), log)
			result := f.start(ctx, "new-1", Events(2, "New")...)
			same(f, sub.caughtUp(result.Position), f.stream(ctx, "new-1"))
		}},
		{name: "it is caught up again after each event that it delivers", run: func(ctx context.Context, f fixture) {
			sub := f.subscribe(ctx, start, everything)
			sub.caughtUp(start)
			for i := range 20 {
				result := f.append(ctx, order, eventstore.Exactly(int64(i)-1), Event("Placed", "{}"))
				equal(f, "events up to CaughtUp", len(sub.caughtUp(result.Position)), 1)
			}
		}},
		{name: "it wakes while it waits for the next event", run: wakesWhileWaiting},
		{name: "what is appended between two messages is delivered once", run: appendsBetweenMessages},
		{name: "from a position it delivers what is strictly after", run: func(ctx context.Context, f fixture) {
			log := mixedLog(ctx, f, 30)
			for i, e := range log {
				same(f, f.subscribe(ctx, e.Position, everything).caughtUp(log[29].Position), log[i+1:])
			}
		}},
		{name: "from the head it delivers only what is new", run: func(ctx context.Context, f fixture) {
			log := mixedLog(ctx, f, 30)
			sub := f.subscribe(ctx, log[29].Position, everything)
			equal(f, "events before CaughtUp", len(sub.caughtUp(log[29].Position)), 0)
			f.start(ctx, "new-1", Event("New", "{}"))
			same(f, sub.events(1), f.stream(ctx, "new-1"))
		}},
		{name: "a long history is delivered whole and in order", run: func(ctx context.Context, f fixture) {
			for i := range 5 {
				f.start(ctx, fmt.Sprintf("order-%d", i), Events(1000, "Placed")...)
			}
			log := f.all(ctx)
			same(f, f.subscribe(ctx, start, everything).caughtUp(log[4999].Position), log)
		}},
	}
}

func subscriberCases() []testCase {
	return []testCase{
		{name: "each subscriber gets every event, wherever it started", run: severalSubscribers},
		{name: "leaving one subscription does not disturb another", run: func(ctx context.Context, f fixture) {
			log := mixedLog(ctx, f, 30)
			stays := f.subscribe(ctx, start, everything)
			same(f, stays.events(10), log[:10])
			for range 3 {
				if _, err := take(f.store.Subscribe(ctx, start, everything), 5); err != nil {
					f.Fatalf("subscribe: %v", err)
				}
			}
			same(f, stays.events(20), log[10:])
		}},
		{name: "resumed after any message it goes on with the next event", run: func(ctx context.Context, f fixture) {
			resumesAnywhere(ctx, f, everything)
		}},
		{name: "no message lies beyond the head of the log", run: func(ctx context.Context, f fixture) {
			neverBeyondTheHead(ctx, f, everything)
		}},
		{name: "cancelled while it waits it ends with the error of the context", run: func(ctx context.Context, f fixture) {
			cancelledCtx, cancel := context.WithCancel(ctx)
			f.start(ctx, order, Event("Placed", "{}"))
			var last error
			for m, err := range f.store.Subscribe(cancelledCtx, start, everything) {
				last = err
				if m.Kind == eventstore.KindCaughtUp {
					cancel()
				}
			}
			cancel()
			wantError(f, last, context.Canceled)
		}},
	}
}

// wakesWhileWaiting runs the subscriber beside the writer, so that it waits when the event comes.
func wakesWhileWaiting(ctx context.Context, f fixture) {
	const rounds = 20
	caughtUp := make(chan struct{}, 1)
	done := f.background(func() error {
		delivered := 0
		for m, err := range f.store.Subscribe(ctx, start, everything) {
			if err != nil {
				return fmt.Errorf("after %d events: %w", delivered, err)
			}
			switch m.Kind {
			case eventstore.KindEvent:
				delivered++
			case eventstore.KindCheckpoint:
			case eventstore.KindCaughtUp:
				select {
				case caughtUp <- struct{}{}:
				default:
				}
			}
			if delivered == rounds {
				return nil
			}
		}
		return fmt.Errorf("the subscription ended by itself after %d events", delivered)
	})
	for i := range rounds {
		select {
		case <-caughtUp:
		case err := <-done:
			f.Fatalf("subscribe: %v", err)
		}
		f.append(ctx, order, eventstore.Exactly(int64(i)-1), Event("Placed", "{}"))
	}
	if err := <-done; err != nil {
		f.Fatalf("subscribe: %v", err)
	}
}

// appendsBetweenMessages appends at every moment that a subscriber can be at: in the history, at the seam, live.
func appendsBetweenMessages(ctx context.Context, f fixture) {
	mixedLog(ctx, f, 5)
	sub := f.subscribe(ctx, start, everything)
	var seen []eventstore.RecordedEvent
	for i := range 40 {
		if m := sub.message(); m.Kind == eventstore.KindEvent {
			seen = append(seen, m.Event)
		}
		if i%2 == 0 {
			f.append(ctx, "between-1", eventstore.Any, Events(1+i%3, "New")...)
		}
	}
	log := f.all(ctx)
	seen = append(seen, sub.caughtUp(log[len(log)-1].Position)...)
	same(f, seen, log)
}

func severalSubscribers(ctx context.Context, f fixture) {
	log := mixedLog(ctx, f, 30)
	subs := make([]*subscription, 6)
	for i := range subs {
		after := start
		if i > 0 {
			after = log[i*5-1].Position
		}
		subs[i] = f.subscribe(ctx, after, everything)
	}
	for i, sub := range subs {
		same(f, sub.events(3), log[i*5:i*5+3])
	}
	result := f.start(ctx, "new-1", Events(4, "New")...)
	log = f.all(ctx)
	for i, sub := range subs {
		same(f, sub.caughtUp(result.Position), log[i*5+3:])
	}
}

// resumesAnywhere subscribes anew after the position of every message of a first subscription.
func resumesAnywhere(ctx context.Context, f fixture, filter eventstore.Filter) {
	log := variedLog(ctx, f)
	head := log[len(log)-1].Position
	first, seen := f.subscribe(ctx, start, filter), 0
	chosen := choose(log, filter)
	for {
		m := first.message()
		if m.Kind == eventstore.KindEvent {
			seen++
		}
		same(f, f.subscribe(ctx, m.Position, filter).caughtUp(head), chosen[seen:])
		if m.Kind == eventstore.KindCaughtUp && !head.After(m.Position) {
			return
		}
	}
}
