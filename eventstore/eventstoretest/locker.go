package eventstoretest

import (
	"context"
	"errors"
	"io"

	"github.com/skaldgo/skald/eventstore"
)

func lockerCases() []testCase {
	return []testCase{
		{name: "a lock that is held is refused, with its name and its holder", run: func(ctx context.Context, f fixture) {
			held := f.lock(ctx, "orchestrator")
			f.refusesLock(ctx, "orchestrator")
			f.unlock(held)
		}},
		{name: "a lock that was released can be taken again", run: func(ctx context.Context, f fixture) {
			for range 5 {
				f.unlock(f.lock(ctx, "orchestrator"))
			}
		}},
		{name: "locks of different names are independent", run: func(ctx context.Context, f fixture) {
			first, second := f.lock(ctx, "one"), f.lock(ctx, "two")
			f.unlock(first)
			f.refusesLock(ctx, "two")
			f.unlock(f.lock(ctx, "one"))
			f.unlock(second)
		}},
		{name: "releasing twice does not release the next holder's lock", run: func(ctx context.Context, f fixture) {
			first := f.lock(ctx, "orchestrator")
			f.unlock(first)
			second := f.lock(ctx, "orchestrator")
			_ = first.Close() // whether it says that there is nothing to release is the store's own affair
			f.refusesLock(ctx, "orchestrator")
			f.unlock(second)
		}},
		{name: "of many callers at once exactly one gets the lock", run: oneHolder},
		{name: "a lock does not stop reading and writing", run: func(ctx context.Context, f fixture) {
			held := f.lock(ctx, "orchestrator")
			f.start(ctx, order, Event("Placed", "{}"))
			equal(f, "events in the log", len(f.all(ctx)), 1)
			f.unlock(held)
		}},
		{name: "with a cancelled context no lock is taken", run: func(ctx context.Context, f fixture) {
			_, err := f.store.(eventstore.Locker).Lock(cancelled(ctx), "orchestrator")
			wantError(f, err, context.Canceled)
			f.unlock(f.lock(ctx, "orchestrator"))
		}},
		{name: "a closed store gives ErrClosed", closes: true, run: func(ctx context.Context, f fixture) {
			f.close(ctx)
			_, err := f.store.(eventstore.Locker).Lock(ctx, "orchestrator")
			wantError(f, err, eventstore.ErrClosed)
		}},
	}
}

func (f fixture) lock(ctx context.Context, name string) io.Closer {
	f.Helper()
	held, err := f.store.(eventstore.Locker).Lock(ctx, name)
	if err != nil {
		f.Fatalf("lock %q: %v", name, err)
	}
	return held
}

func (f fixture) unlock(held io.Closer) {
	f.Helper()
	if err := held.Close(); err != nil {
		f.Fatalf("release a lock: %v", err)
	}
}

func (f fixture) refusesLock(ctx context.Context, name string) {
	f.Helper()
	_, err := f.store.(eventstore.Locker).Lock(ctx, name)
	wantError(f, err, eventstore.ErrLocked)
	var locked *eventstore.LockedError
	if !errors.As(err, &locked) {
		f.Fatalf("got the refusal %v, want it as *eventstore.LockedError", err)
	}
	equal(f, "name of the lock", locked.Name, name)
	equal(f, "holder is empty", locked.Holder == "", false)
}

func oneHolder(ctx context.Context, f fixture) {
	results := make(chan io.Closer, writers)
	var waits []<-chan error
	for range writers {
		waits = append(waits, f.background(func() error {
			held, err := f.store.(eventstore.Locker).Lock(ctx, "orchestrator")
			if err == nil {
				results <- held
			}
			return err
		}))
	}
	refused := 0
	for _, done := range waits {
		if err := <-done; err != nil {
			wantError(f, err, eventstore.ErrLocked)
			refused++
		}
	}
	equal(f, "callers refused", refused, writers-1)
	f.unlock(<-results)
}
