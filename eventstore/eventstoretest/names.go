package eventstoretest

import (
	"context"
	"strings"

	"github.com/skaldgo/skald/eventstore"
)

func invalidCases() []testCase {
	return []testCase{
		{name: "an append without events is invalid", run: func(ctx context.Context, f fixture) {
			f.refused(ctx, eventstore.ErrInvalid, order, eventstore.NoStream)
			f.refused(ctx, eventstore.ErrInvalid, order, eventstore.Any)
		}},
		{name: "an event without an id is invalid", run: func(ctx context.Context, f fixture) {
			bare := Event("Placed", "{}")
			bare.ID = eventstore.EventID{}
			f.refused(ctx, eventstore.ErrInvalid, order, eventstore.NoStream, bare)
			f.refused(ctx, eventstore.ErrInvalid, order, eventstore.NoStream, Event("Placed", "{}"), bare)
		}},
		{name: "an event id that occurs twice in an append is invalid", run: func(ctx context.Context, f fixture) {
			events := Events(3, "Placed")
			f.refused(ctx, eventstore.ErrInvalid, order, eventstore.NoStream, events[0], events[0])
			f.refused(ctx, eventstore.ErrInvalid, order, eventstore.NoStream, events[0], events[1], events[2], events[0])
		}},
		{name: "bad stream names are invalid", run: func(ctx context.Context, f fixture) {
			for _, name := range []string{
				"", "order", "-1", "order-", "$order-1", "order-\n", "order-\x00", "order-\x7f", "or\tder-1", "order-\xff",
				"order-" + strings.Repeat("x", eventstore.MaxStreamNameBytes),
			} {
				f.refused(ctx, eventstore.ErrInvalid, name, eventstore.NoStream, Event("Placed", "{}"))
			}
		}},
		{name: "bad type names are invalid", run: func(ctx context.Context, f fixture) {
			for _, name := range []string{
				"", "$Placed", "Pla\nced", "Placed\x00", "\xc3\x28", strings.Repeat("x", eventstore.MaxTypeNameBytes+1),
			} {
				f.refused(ctx, eventstore.ErrInvalid, order, eventstore.NoStream, Event("Placed", "{}"), Event(name, "{}"))
			}
		}},
	}
}

func nameCases() []testCase {
	return []testCase{
		{name: "the longest names pass", run: func(ctx context.Context, f fixture) {
			name := "order-" + strings.Repeat("x", eventstore.MaxStreamNameBytes-6)
			e := Event(strings.Repeat("T", eventstore.MaxTypeNameBytes), "{}")
			f.start(ctx, name, e)
			stored(f, f.stream(ctx, name), name, 0, e)
		}},
		{name: "unicode and punctuation in names are kept", run: func(ctx context.Context, f fixture) {
			for _, name := range []string{
				"order-Ærøskøbing 7", "注文-四百二十", "order-🛒-👩‍👩‍👧",
				"saga:OrderFulfillment-a-b-c",
				"order-'; DROP TABLE events; --",
				`order-"\/%_*?[a-z]`, "order- ", "order-\U0010ffff",
			} {
				e := Event("Bestellt/é-"+name, "{}")
				f.start(ctx, name, e)
				stored(f, f.stream(ctx, name), name, 0, e)
			}
		}},
		{name: "names that only look alike are different streams", run: func(ctx context.Context, f fixture) {
			names := []string{
				"order-a", "order-A", "Order-a", "order-a ", "order-ab", "order-\u00e9", "order-e\u0301", "order-1", "order-01",
				"order-1.0",
			}
			events := Events(len(names), "Placed")
			for i, name := range names {
				f.start(ctx, name, events[i])
			}
			for i, name := range names {
				stored(f, f.stream(ctx, name), name, 0, events[i])
			}
		}},
	}
}
