package eventstoretest

import (
	"context"
	"encoding/json"

	"github.com/skaldgo/skald/eventstore"
)

func positionCases() []testCase {
	return []testCase{
		{name: "survive a round trip as text", run: func(ctx context.Context, f fixture) {
			log := mixedLog(ctx, f, 20)
			for i, e := range log {
				text, err := e.Position.MarshalText()
				if err != nil {
					f.Fatalf("marshal %v: %v", e.Position, err)
				}
				var p eventstore.Position
				if err := p.UnmarshalText(text); err != nil {
					f.Fatalf("unmarshal %q: %v", text, err)
				}
				equal(f, "position", p, e.Position)
				same(f, f.allFrom(ctx, p, fwd, everything), log[i+1:])
			}
		}},
		{name: "survive a round trip as JSON and resume a subscription", run: func(ctx context.Context, f fixture) {
			log := mixedLog(ctx, f, 20)
			text, err := json.Marshal(map[string]eventstore.Position{"checkpoint": log[7].Position})
			if err != nil {
				f.Fatalf("marshal: %v", err)
			}
			var kept map[string]eventstore.Position
			if err := json.Unmarshal(text, &kept); err != nil {
				f.Fatalf("unmarshal: %v", err)
			}
			same(f, f.subscribe(ctx, kept["checkpoint"], everything).events(12), log[8:])
		}},
		{name: "of an append lead to exactly what came after it", run: func(ctx context.Context, f fixture) {
			f.start(ctx, order, Events(3, "Placed")...)
			result := f.append(ctx, order, eventstore.Exactly(2), Events(2, "Paid")...)
			later := Events(2, "Shipped")
			f.append(ctx, order, eventstore.Exactly(4), later...)
			stored(f, f.allFrom(ctx, result.Position, fwd, everything), order, 5, later...)
		}},
	}
}
