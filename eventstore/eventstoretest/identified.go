package eventstoretest

import (
	"context"

	"github.com/skaldgo/skald/eventstore"
)

// identifiedCases compares the log of each case with another log, that of probe.
func identifiedCases(probe eventstore.Identified) []testCase {
	id := func(ctx context.Context, f fixture, log eventstore.Identified) string {
		id, err := log.LogID(ctx)
		if err != nil {
			f.Fatalf("read the id of the log: %v", err)
		}
		return id
	}
	return []testCase{
		{name: "the id of a log is not empty and never changes", run: func(ctx context.Context, f fixture) {
			log := f.store.(eventstore.Identified)
			first := id(ctx, f, log)
			equal(f, "id is empty", first == "", false)
			f.start(ctx, order, Events(100, "Placed")...)
			equal(f, "id after an append", id(ctx, f, log), first)
		}},
		{name: "two logs have different ids", run: func(ctx context.Context, f fixture) {
			equal(f, "ids are equal", id(ctx, f, f.store.(eventstore.Identified)) == id(ctx, f, probe), false)
		}},
		{name: "the id of a closed log gives ErrClosed", closes: true, run: func(ctx context.Context, f fixture) {
			f.close(ctx)
			_, err := f.store.(eventstore.Identified).LogID(ctx)
			wantError(f, err, eventstore.ErrClosed)
		}},
	}
}
