package eventstoretest

import (
	"context"
	"fmt"
	"time"

	"github.com/skaldgo/skald/eventstore"
)

func leaseTimeCases() []testCase {
	return []testCase{
		{name: "an owner that does not renew loses its shards to the next one, after its time and not before", run: expires},
		{name: "an owner that renews is never given up", run: func(ctx context.Context, f fixture) {
			const short = 200 * time.Millisecond
			request := ask("a")
			request.TTL = short
			began, sent := time.Now(), time.Now()
			held := f.lease(ctx, request)
			for time.Since(began) < 3*short {
				other, before := f.lease(ctx, ask("b")), time.Now()
				renewed := f.lease(ctx, request)
				if time.Since(sent) >= short {
					return // this machine is too slow to renew in time, and the owner may have been given up
				}
				f.holds(other, "b")
				sent = before
				equal(f, "shards of an owner that renews", fmt.Sprint(renewed.Shards), fmt.Sprint(held.Shards))
				pause(ctx, short/20)
			}
		}},
		{name: "an owner that comes late but before any other finds its shards as they were", run: func(ctx context.Context, f fixture) {
			request := ask("a")
			request.TTL = eventstore.MinLeaseTTL
			held := f.lease(ctx, request)
			pause(ctx, 2*eventstore.MinLeaseTTL)
			equal(f, "shards", fmt.Sprint(f.lease(ctx, request).Shards), fmt.Sprint(held.Shards))
		}},
	}
}

func expires(ctx context.Context, f fixture) {
	const short = 250 * time.Millisecond
	request := ask("a")
	request.TTL = short
	sent := time.Now()
	held := f.lease(ctx, request)
	f.holds(held, "a", 0, 1, 2, 3, 4, 5, 6, 7)
	for {
		grant := f.lease(ctx, ask("b"))
		if len(grant.Shards) == 0 {
			pause(ctx, short/25)
			continue
		}
		if lasted := time.Since(sent); lasted < short {
			f.Fatalf("leases of %v were given to another owner after %v", short, lasted)
		}
		f.holds(grant, "b", 0, 1, 2, 3, 4, 5, 6, 7)
		equal(f, "owners", grant.Owners, 1)
		if lost, won := held.Shards[leasedShards-1].Token, grant.Shards[0].Token; won <= lost {
			f.Fatalf("got token %d after %d, want a greater one", won, lost)
		}
		break
	}
	late := f.lease(ctx, request)
	f.holds(late, "a")
	equal(f, "owners, with the late one", late.Owners, 2)
}

// pause waits, or until the context ends, which then ends the case.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
