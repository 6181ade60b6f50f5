package eventstoretest

import (
	"context"
	"iter"
	"time"

	"github.com/skaldgo/skald/eventstore"
)

func cancelCases() []testCase {
	return []testCase{
		{name: "an append stores nothing and gives the error of the context", run: func(ctx context.Context, f fixture) {
			events := Events(2, "Placed")
			f.start(ctx, order, events[0])
			_, err := f.store.Append(cancelled(ctx), order, eventstore.Exactly(0), events[1])
			wantError(f, err, context.Canceled)
			f.append(ctx, order, eventstore.Exactly(0), events[1])
			stored(f, f.all(ctx), order, 0, events...)
		}},
		{name: "a stream read ends with the error of the context", run: func(ctx context.Context, f fixture) {
			f.start(ctx, order, Event("Placed", "{}"))
			endsWith(f, f.store.ReadStream(cancelled(ctx), order, 0, fwd), context.Canceled)
			endsWith(f, f.store.ReadStream(cancelled(ctx), order, 0, back), context.Canceled)
		}},
		{name: "a log read ends with the error of the context", run: func(ctx context.Context, f fixture) {
			f.start(ctx, order, Event("Placed", "{}"))
			endsWith(f, f.store.ReadAll(cancelled(ctx), start, fwd, everything), context.Canceled)
			endsWith(f, f.store.ReadAll(cancelled(ctx), start, back, everything), context.Canceled)
		}},
		{name: "a subscription ends with the error of the context", run: func(ctx context.Context, f fixture) {
			f.start(ctx, order, Event("Placed", "{}"))
			endsWith(f, f.store.Subscribe(cancelled(ctx), start, everything), context.Canceled)
		}},
		{name: "a passed deadline ends every call", run: func(ctx context.Context, f fixture) {
			f.start(ctx, order, Event("Placed", "{}"))
			late, cancel := context.WithDeadline(ctx, time.Unix(0, 0))
			defer cancel()
			_, err := f.store.Append(late, order, eventstore.Exactly(0), Event("Paid", "{}"))
			wantError(f, err, context.DeadlineExceeded)
			endsWith(f, f.store.ReadStream(late, order, 0, fwd), context.DeadlineExceeded)
			endsWith(f, f.store.ReadAll(late, start, fwd, everything), context.DeadlineExceeded)
			endsWith(f, f.store.Subscribe(late, start, everything), context.DeadlineExceeded)
		}},
		{name: "one cancelled caller does not harm the others", run: func(ctx context.Context, f fixture) {
			kept := Events(20, "Placed")
			for i, e := range kept {
				_, err := f.store.Append(cancelled(ctx), order, eventstore.Exactly(int64(i)-1), Event("Lost", "{}"))
				wantError(f, err, context.Canceled)
				f.append(ctx, order, eventstore.Exactly(int64(i)-1), e)
			}
			stored(f, f.all(ctx), order, 0, kept...)
		}},
	}
}

func cancelMeanwhileCases() []testCase {
	return []testCase{
		{name: "a stream read that is cancelled in its body ends with the error", run: func(ctx context.Context, f fixture) {
			f.start(ctx, order, Events(500, "Placed")...)
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			cancelInBody(f, cancel, f.store.ReadStream(ctx, order, 0, fwd))
		}},
		{name: "a log read that is cancelled in its body ends with the error", run: func(ctx context.Context, f fixture) {
			f.start(ctx, order, Events(500, "Placed")...)
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			cancelInBody(f, cancel, f.store.ReadAll(ctx, start, back, everything))
		}},
		{name: "a subscription that is cancelled in its body ends with the error", run: func(ctx context.Context, f fixture) {
			f.start(ctx, order, Events(500, "Placed")...)
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			cancelInBody(f, cancel, f.store.Subscribe(ctx, start, everything))
		}},
	}
}

func cancelled(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	return ctx
}

// cancelInBody cancels at the first pull and requires the loop to end with the error before it has yielded everything.
func cancelInBody[T any](f fixture, cancel func(), seq iter.Seq2[T, error]) {
	f.Helper()
	var last error
	for _, err := range seq {
		last = err
		cancel()
	}
	wantError(f, last, context.Canceled)
}
