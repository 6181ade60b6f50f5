package eventstoretest

import (
	"context"

	"github.com/skaldgo/skald/eventstore"
)

func countedCases() []testCase {
	return []testCase{
		{name: "the distance of two positions is the number of events between them", run: func(ctx context.Context, f fixture) {
			log := mixedLog(ctx, f, 20)
			counted := f.store.(eventstore.Counted)
			equal(f, "events up to the last", counted.EventsBetween(eventstore.Position{}, log[19].Position), 20)
			equal(f, "events after the fifth", counted.EventsBetween(log[4].Position, log[19].Position), 15)
			equal(f, "events from a position to itself", counted.EventsBetween(log[4].Position, log[4].Position), 0)
			equal(f, "events backwards", counted.EventsBetween(log[19].Position, log[4].Position), 0)
		}},
	}
}
