package eventstoretest

import (
	"context"

	"github.com/skaldgo/skald/eventstore"
)

func streamPrefixes(prefixes ...string) eventstore.Filter {
	return eventstore.Filter{StreamPrefixes: prefixes}
}

func typePrefixes(prefixes ...string) eventstore.Filter {
	return eventstore.Filter{TypePrefixes: prefixes}
}

func filterCases() []testCase {
	// chooses makes a case that compares a filtered read with a choice among all events, both ways and from within.
	chooses := func(name string, filter eventstore.Filter, want int) testCase {
		return testCase{name: name, run: func(ctx context.Context, f fixture) {
			log := variedLog(ctx, f)
			chosen := choose(log, filter)
			equal(f, "events that the filter chooses", len(chosen), want)
			same(f, f.allFrom(ctx, start, fwd, filter), chosen)
			same(f, f.allFrom(ctx, start, back, filter), reversed(chosen))
			for i, e := range log {
				same(f, f.allFrom(ctx, e.Position, fwd, filter), choose(log[i+1:], filter))
				same(f, f.allFrom(ctx, e.Position, back, filter), reversed(choose(log[:i], filter)))
			}
		}}
	}
	return []testCase{
		chooses("by a category", streamPrefixes("order-"), 6),
		chooses("by a part of a stream name", streamPrefixes("order-1"), 4),
		chooses("by several stream prefixes", streamPrefixes("account-", "orders-"), 4),
		chooses("by stream prefixes that overlap, each event once", streamPrefixes("order-", "order-1", "o"), 8),
		chooses("by an event type", typePrefixes("Paid"), 2),
		chooses("by a prefix of event types", typePrefixes("Pla"), 7),
		chooses("by several type prefixes", typePrefixes("Paid", "Opened", "P"), 15),
		chooses("by a prefix that nothing has, nothing", streamPrefixes("parcel-"), 0),
		chooses("by a type that nothing has, nothing", typePrefixes("placed"), 0),
		chooses("with regard to case", streamPrefixes("Order-"), 1),
		chooses("with % and _ meaning themselves", streamPrefixes("100%", "a_b"), 2),
		chooses("with * and ? meaning themselves in types", typePrefixes("P*", "P?"), 1),
		chooses("by a prefix that ends in the last code point", streamPrefixes("max-\U0010ffff"), 2),
		chooses("by a prefix of other scripts", streamPrefixes("注"), 1),
		{name: "a read with both kinds of prefix is invalid", run: func(ctx context.Context, f fixture) {
			both := eventstore.Filter{StreamPrefixes: []string{"order-"}, TypePrefixes: []string{"Placed"}}
			f.start(ctx, order, Event("Placed", "{}"))
			endsWith(f, f.store.ReadAll(ctx, start, fwd, both), eventstore.ErrInvalid)
			endsWith(f, f.store.ReadAll(ctx, start, back, both), eventstore.ErrInvalid)
			endsWith(f, f.store.Subscribe(ctx, start, both), eventstore.ErrInvalid)
		}},
		{name: "a read with an empty prefix is invalid", run: func(ctx context.Context, f fixture) {
			f.start(ctx, order, Event("Placed", "{}"))
			for _, filter := range []eventstore.Filter{streamPrefixes("order-", ""), typePrefixes("")} {
				endsWith(f, f.store.ReadAll(ctx, start, fwd, filter), eventstore.ErrInvalid)
				endsWith(f, f.store.Subscribe(ctx, start, filter), eventstore.ErrInvalid)
			}
		}},
		{name: "a few matches in a long log are found", run: func(ctx context.Context, f fixture) {
			for range 4 {
				f.append(ctx, "noise-1", eventstore.Any, Events(1000, "Noise")...)
				f.append(ctx, order, eventstore.Any, Event("Placed", "{}"))
			}
			placed := f.stream(ctx, order)
			for _, filter := range []eventstore.Filter{streamPrefixes("order-"), typePrefixes("Placed")} {
				same(f, f.allFrom(ctx, start, fwd, filter), placed)
				same(f, f.allFrom(ctx, start, back, filter), reversed(placed))
				same(f, f.allFrom(ctx, placed[1].Position, fwd, filter), placed[2:])
			}
		}},
	}
}

// variedLog appends events of streams and types with much in common and returns the log.
func variedLog(ctx context.Context, f fixture) []eventstore.RecordedEvent {
	f.Helper()
	for _, e := range []struct{ stream, eventType string }{
		{"order-1", "Placed"}, {"orders-1", "Placed"}, {"account-1", "Opened"}, {"order-2", "Placed"}, {"order-1", "Paid"},
		{"account-2", "Opened"}, {"order-10", "Placed"}, {"Order-1", "Placed"}, {"order-10", "P*"}, {"orders-2", "Paid"},
		{"order-2", "Plaid"}, {"100%-1", "Placed"}, {"1000-1", "Posted"}, {"a_b-1", "Opened"}, {"axb-1", "Opened"},
		{"max-\U0010ffff", "Closed"}, {"max-\U0010ffff9", "Closed"}, {"max-\U0010fffe", "Closed"}, {"注文-1", "Closed"},
	} {
		f.append(ctx, e.stream, eventstore.Any, Event(e.eventType, "{}"))
	}
	return f.all(ctx)
}

// choose returns the events that a filter chooses, by the rule in words: the name starts with one of the prefixes.
func choose(events []eventstore.RecordedEvent, filter eventstore.Filter) []eventstore.RecordedEvent {
	var chosen []eventstore.RecordedEvent
	for _, e := range events {
		if filter.Match(e.Stream, e.Type) {
			chosen = append(chosen, e)
		}
	}
	return chosen
}
