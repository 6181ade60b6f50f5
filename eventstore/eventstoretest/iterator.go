package eventstoretest

import (
	"context"
	"iter"
)

func iteratorCases() []testCase {
	return []testCase{
		{name: "a second loop over a stream read yields no event", run: func(ctx context.Context, f fixture) {
			f.start(ctx, order, Events(3, "Placed")...)
			singleUse(f, f.store.ReadStream(ctx, order, 0, fwd))
		}},
		{name: "a second loop over a log read yields no event", run: func(ctx context.Context, f fixture) {
			f.start(ctx, order, Events(3, "Placed")...)
			singleUse(f, f.store.ReadAll(ctx, start, fwd, everything))
		}},
		{name: "a second loop over a subscription yields no message", run: func(ctx context.Context, f fixture) {
			f.start(ctx, order, Events(3, "Placed")...)
			singleUse(f, f.store.Subscribe(ctx, start, everything))
		}},
		{name: "an iterator that is never used holds nothing", run: func(ctx context.Context, f fixture) {
			for range 100 {
				f.store.ReadStream(ctx, order, 0, fwd)
				f.store.ReadAll(ctx, start, fwd, everything)
				f.store.Subscribe(ctx, start, everything)
			}
			f.start(ctx, order, Event("Placed", "{}"))
		}},
	}
}

// singleUse leaves a first loop early and requires a second one to yield nothing, or an error alone.
func singleUse[T any](f fixture, seq iter.Seq2[T, error]) {
	f.Helper()
	for _, err := range seq {
		if err != nil {
			f.Fatalf("the first loop: %v", err)
		}
		break
	}
	for v, err := range seq {
		if err == nil {
			f.Fatalf("the second loop yielded %v", v)
		}
	}
}
