package eventstoretest

import (
	"context"
	"errors"

	"github.com/skaldgo/skald/eventstore"
)

func closedCases() []testCase {
	return []testCase{
		{name: "an append gives ErrClosed", closes: true, run: func(ctx context.Context, f fixture) {
			f.close(ctx)
			_, err := f.store.Append(ctx, order, eventstore.Any, Event("Placed", "{}"))
			wantError(f, err, eventstore.ErrClosed)
		}},
		{name: "a stream read gives ErrClosed", closes: true, run: func(ctx context.Context, f fixture) {
			f.close(ctx)
			endsWith(f, f.store.ReadStream(ctx, order, 0, fwd), eventstore.ErrClosed)
			endsWith(f, f.store.ReadStream(ctx, "order-2", 0, back), eventstore.ErrClosed)
		}},
		{name: "a log read gives ErrClosed", closes: true, run: func(ctx context.Context, f fixture) {
			f.close(ctx)
			endsWith(f, f.store.ReadAll(ctx, start, fwd, everything), eventstore.ErrClosed)
			endsWith(f, f.store.ReadAll(ctx, start, back, everything), eventstore.ErrClosed)
		}},
		{name: "a subscription gives ErrClosed", closes: true, run: func(ctx context.Context, f fixture) {
			f.close(ctx)
			endsWith(f, f.store.Subscribe(ctx, start, everything), eventstore.ErrClosed)
		}},
		{name: "an iterator made before gives ErrClosed", closes: true, run: func(ctx context.Context, f fixture) {
			f.start(ctx, order, Event("Placed", "{}"))
			stream, all := f.store.ReadStream(ctx, order, 0, fwd), f.store.ReadAll(ctx, start, fwd, everything)
			subscription := f.store.Subscribe(ctx, start, everything)
			if err := f.store.Close(); err != nil {
				f.Fatalf("close: %v", err)
			}
			endsWith(f, stream, eventstore.ErrClosed)
			endsWith(f, all, eventstore.ErrClosed)
			endsWith(f, subscription, eventstore.ErrClosed)
		}},
		{name: "a second Close does nothing", closes: true, run: func(ctx context.Context, f fixture) {
			f.close(ctx)
			for range 3 {
				if err := f.store.Close(); err != nil {
					f.Fatalf("close again: %v", err)
				}
			}
		}},
		{name: "several callers may close at once", closes: true, run: func(ctx context.Context, f fixture) {
			f.start(ctx, order, Event("Placed", "{}"))
			var waits []<-chan error
			for range 8 {
				waits = append(waits, f.background(f.store.Close))
			}
			for _, done := range waits {
				if err := <-done; err != nil {
					f.Fatalf("close: %v", err)
				}
			}
		}},
		{name: "Close ends subscriptions that wait", closes: true, run: closeEndsSubscriptions},
		{name: "writers and readers under way end with ErrClosed or had finished", closes: true, run: closeUnderLoad},
	}
}

// close checks a log of one event and closes the store.
func (f fixture) close(ctx context.Context) {
	f.Helper()
	f.start(ctx, order, Event("Placed", "{}"))
	Check(f, f.store)
	if err := f.store.Close(); err != nil {
		f.Fatalf("close: %v", err)
	}
}

func closeEndsSubscriptions(ctx context.Context, f fixture) {
	f.start(ctx, order, Event("Placed", "{}"))
	var waits []<-chan error
	for _, filter := range []eventstore.Filter{everything, streamPrefixes("order-"), typePrefixes("Nothing")} {
		caughtUp := make(chan struct{}, 1)
		done := f.background(func() error {
			for m, err := range f.store.Subscribe(ctx, start, filter) {
				if err != nil {
					return err
				}
				if m.Kind == eventstore.KindCaughtUp && len(caughtUp) == 0 {
					caughtUp <- struct{}{}
				}
			}
			return errors.New("the subscription ended without an error")
		})
		select {
		case <-caughtUp:
		case err := <-done:
			f.Fatalf("subscribe: %v", err)
		}
		waits = append(waits, done)
	}
	if err := f.store.Close(); err != nil {
		f.Fatalf("close: %v", err)
	}
	for _, done := range waits {
		wantError(f, <-done, eventstore.ErrClosed)
	}
}

// closeUnderLoad closes the store under writers and readers that go on until they are told.
func closeUnderLoad(ctx context.Context, f fixture) {
	var waits []<-chan error
	appended := make(chan struct{}, 1)
	for range 4 {
		waits = append(waits, f.background(func() error {
			for {
				if _, err := f.store.Append(ctx, order, eventstore.Any, Events(3, "Placed")...); err != nil {
					return err
				}
				select {
				case appended <- struct{}{}:
				default:
				}
			}
		}), f.background(func() error {
			for {
				if _, err := Collect(f.store.ReadAll(ctx, start, fwd, everything)); err != nil {
					return err
				}
			}
		}))
	}
	<-appended
	if err := f.store.Close(); err != nil {
		f.Fatalf("close: %v", err)
	}
	for _, done := range waits {
		wantError(f, <-done, eventstore.ErrClosed)
	}
}
