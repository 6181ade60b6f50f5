package eventstoretest

import (
	"context"
	"errors"
	"io"

	"github.com/skaldgo/skald/eventstore"
)

func lockerCases() []testCase { return append(aloneCases(), sharedLockCases()...) }

func aloneCases() []testCase {
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

func sharedLockCases() []testCase {
	return []testCase{
		{name: "a lock that is shared is refused to one who wants it alone, until all have released it", run: lockOutOfShares},
		{name: "a lock that somebody has alone is not shared", run: func(ctx context.Context, f fixture) {
			held := f.lock(ctx, "orchestrator")
			f.refusesShare(ctx, "orchestrator")
			f.unlock(f.share(ctx, "another"))
			f.unlock(held)
			f.unlock(f.share(ctx, "orchestrator"))
		}},
		{name: "releasing a share twice does not release that of another", run: func(ctx context.Context, f fixture) {
			first, second := f.share(ctx, "orchestrator"), f.share(ctx, "orchestrator")
			f.unlock(first)
			_ = first.Close() // whether it says that there is nothing to release is the store's own affair
			f.refusesLock(ctx, "orchestrator")
			f.unlock(second)
			f.unlock(f.lock(ctx, "orchestrator"))
		}},
		{name: "many callers at once share a lock", run: func(ctx context.Context, f fixture) {
			shares := make(chan io.Closer, writers)
			var waits []<-chan error
			for range writers {
				waits = append(waits, f.background(func() error {
					held, err := f.store.(eventstore.Locker).LockShared(ctx, "orchestrator")
					shares <- held
					return err
				}))
			}
			for _, done := range waits {
				if err := <-done; err != nil {
					f.Fatalf("share a lock: %v", err)
				}
			}
			f.refusesLock(ctx, "orchestrator")
			for range writers {
				f.unlock(<-shares)
			}
			f.unlock(f.lock(ctx, "orchestrator"))
		}},
		{name: "with a cancelled context no lock is shared", run: func(ctx context.Context, f fixture) {
			_, err := f.store.(eventstore.Locker).LockShared(cancelled(ctx), "orchestrator")
			wantError(f, err, context.Canceled)
			f.unlock(f.lock(ctx, "orchestrator"))
		}},
		{name: "a closed store shares no lock", closes: true, run: func(ctx context.Context, f fixture) {
			f.close(ctx)
			_, err := f.store.(eventstore.Locker).LockShared(ctx, "orchestrator")
			wantError(f, err, eventstore.ErrClosed)
		}},
	}
}

func lockOutOfShares(ctx context.Context, f fixture) {
	shares := []io.Closer{f.share(ctx, "orchestrator"), f.share(ctx, "orchestrator"), f.share(ctx, "orchestrator")}
	for len(shares) > 0 {
		f.refusesLock(ctx, "orchestrator")
		late := f.share(ctx, "orchestrator")
		f.unlock(shares[len(shares)-1])
		shares = shares[:len(shares)-1]
		f.refusesLock(ctx, "orchestrator")
		f.unlock(late)
	}
	f.unlock(f.lock(ctx, "orchestrator"))
}

func (f fixture) share(ctx context.Context, name string) io.Closer {
	f.Helper()
	held, err := f.store.(eventstore.Locker).LockShared(ctx, name)
	if err != nil {
		f.Fatalf("share the lock %q: %v", name, err)
	}
	return held
}

func (f fixture) refusesShare(ctx context.Context, name string) {
	f.Helper()
	_, err := f.store.(eventstore.Locker).LockShared(ctx, name)
	f.isRefusal(err, name)
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
	f.isRefusal(err, name)
}

func (f fixture) isRefusal(err error, name string) {
	f.Helper()
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
