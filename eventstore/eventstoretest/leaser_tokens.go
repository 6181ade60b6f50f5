package eventstoretest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"

	"github.com/skaldgo/skald/eventstore"
)

func leaseTokenCases() []testCase {
	return []testCase{
		{name: "every grant has a token greater than all before", run: func(ctx context.Context, f fixture) {
			last := uint64(0)
			grown := func(grant eventstore.LeaseGrant) {
				f.Helper()
				for _, l := range grant.Shards {
					if l.Token <= last {
						f.Fatalf("got token %d for shard %d, want one greater than %d", l.Token, l.Shard, last)
					}
					last = l.Token
				}
			}
			for _, owner := range []string{"a", "b", "a", "c"} {
				grown(f.lease(ctx, ask(owner)))
				f.lease(ctx, leaving(owner))
			}
		}},
		{name: "a shard that was returned is granted under another token", run: func(ctx context.Context, f fixture) {
			before := f.lease(ctx, ask("a"))
			after := f.lease(ctx, returning("a", before.Shards[3]))
			for i, l := range after.Shards {
				if kept := l == before.Shards[i]; kept != (i != 3) {
					f.Fatalf("shard %d was held with token %d, and now with %d", i, before.Shards[i].Token, l.Token)
				}
			}
		}},
		{name: "a return that comes late returns nothing that was granted after it", run: func(ctx context.Context, f fixture) {
			before := f.lease(ctx, ask("a"))
			after := f.lease(ctx, returning("a", before.Shards[3]))
			equal(f, "shards", fmt.Sprint(f.lease(ctx, returning("a", before.Shards[3])).Shards), fmt.Sprint(after.Shards))
		}},
		{name: "tokens are above what is asked for", run: func(ctx context.Context, f fixture) {
			f.lease(ctx, ask("a"))
			request := ask("a")
			request.Above = 1 << 40
			raised := f.lease(ctx, request)
			for _, l := range raised.Shards {
				if l.Token <= request.Above {
					f.Fatalf("got token %d, want one above %d", l.Token, request.Above)
				}
			}
			again := f.lease(ctx, request)
			equal(f, "shards, asked for again", fmt.Sprint(again.Shards), fmt.Sprint(raised.Shards))
			f.lease(ctx, leaving("a"))
			if l := f.lease(ctx, ask("b")).Shards[0]; l.Token <= raised.Shards[leasedShards-1].Token {
				f.Fatalf("the next owner got token %d, which is not above those before", l.Token)
			}
		}},
		{name: "a token that nobody held yet can be outbid", run: func(ctx context.Context, f fixture) {
			request := leaving("nobody")
			request.Above = 1_000
			f.lease(ctx, request)
			if l := f.lease(ctx, ask("a")).Shards[0]; l.Token <= 1_000 {
				f.Fatalf("got token %d, want one above 1000", l.Token)
			}
		}},
	}
}

// register knows who holds what, by what the owners were told.
type register struct {
	fixture
	mu      sync.Mutex
	holders map[int]string
	tokens  map[uint64]string
	grants  int
}

// manyOwners lets owners renew, return and leave at random. Their leases outlast the case, so that two of them must never
// hold the same shard.
func manyOwners(ctx context.Context, f fixture) {
	const owners, calls = 8, 15
	r := &register{fixture: f, holders: map[int]string{}, tokens: map[uint64]string{}}
	var waits []<-chan error
	for i := range owners {
		waits = append(waits, f.background(func() error {
			random := rand.New(rand.NewPCG(1, uint64(i))) //nolint:gosec // the same in every run
			var held []eventstore.ShardLease
			for n, life := 0, 0; n < calls; n++ {
				request := ask(fmt.Sprintf("owner %d, life %d", i, life))
				for _, l := range held {
					if random.IntN(3) == 0 {
						request.Returned = append(request.Returned, l)
					}
				}
				if request.Leave = random.IntN(8) == 0 || n == calls-1; request.Leave {
					life++
				}
				runtime.Gosched() // so that others come between also where nothing waits
				var err error
				if held, err = r.call(ctx, request, held); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	for _, done := range waits {
		if err := <-done; err != nil {
			f.Fatalf("%v", err)
		}
	}
	if r.grants < 2*leasedShards {
		f.Fatalf("%d shards changed hands, which shows nothing", r.grants)
	}
}

// call strikes out what the owner lets go before it asks, and writes in what it was granted after. A call that may have
// been applied is repeated.
func (r *register) call(ctx context.Context, request eventstore.LeaseRequest, held []eventstore.ShardLease,
) ([]eventstore.ShardLease, error) {
	r.mu.Lock()
	for _, l := range request.Returned {
		delete(r.holders, l.Shard)
	}
	for _, l := range held {
		if request.Leave {
			delete(r.holders, l.Shard)
		}
	}
	r.mu.Unlock()
	grant, err := r.store.(eventstore.Leaser).Lease(ctx, request)
	for errors.Is(err, eventstore.ErrUnavailable) || errors.Is(err, eventstore.ErrIndeterminate) {
		grant, err = r.store.(eventstore.Leaser).Lease(ctx, request)
	}
	if err != nil {
		return nil, fmt.Errorf("lease to %q: %w", request.Owner, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range grant.Shards {
		if holder := r.holders[l.Shard]; holder != "" && holder != request.Owner {
			return nil, fmt.Errorf("shard %d is held by %q and by %q", l.Shard, holder, request.Owner)
		}
		grant := fmt.Sprintf("shard %d to %s", l.Shard, request.Owner)
		if before := r.tokens[l.Token]; before != "" && before != grant {
			return nil, fmt.Errorf("token %d was granted for %s, and for %s", l.Token, before, grant)
		}
		if r.tokens[l.Token] == "" {
			r.grants++
		}
		r.holders[l.Shard], r.tokens[l.Token] = request.Owner, grant
	}
	return grant.Shards, nil
}
