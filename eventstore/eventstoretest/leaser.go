package eventstoretest

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/skaldgo/skald/eventstore"
)

const (
	leasedShards = 8
	// longLease outlasts every case.
	longLease = time.Hour
)

func leaserCases() []testCase {
	return slices.Concat(leaseShareCases(), leaseApartCases(), leaseTimeCases(), leaseTokenCases(), leaseErrorCases(), []testCase{
		{name: "of many owners at once no two hold a shard, and no token is granted twice", run: manyOwners},
	})
}

func leaseShareCases() []testCase {
	return []testCase{
		{name: "the first owner gets every shard", run: func(ctx context.Context, f fixture) {
			grant := f.lease(ctx, ask("a"))
			f.holds(grant, "a", 0, 1, 2, 3, 4, 5, 6, 7)
			equal(f, "owners", grant.Owners, 1)
			equal(f, "shards to return", len(grant.Return), 0)
		}},
		{name: "a second owner gets its share once the first has returned it", run: func(ctx context.Context, f fixture) {
			first := f.lease(ctx, ask("a"))
			second := f.lease(ctx, ask("b"))
			f.holds(second, "b")
			equal(f, "owners", second.Owners, 2)
			asked := f.lease(ctx, ask("a"))
			same := fmt.Sprint(asked.Shards) == fmt.Sprint(first.Shards)
			equal(f, "the shards of an owner that returns none stay the same", same, true)
			equal(f, "shards to return", len(asked.Return), leasedShards/2)
			kept := f.lease(ctx, returning("a", asked.Return...))
			equal(f, "shards kept", len(kept.Shards), leasedShards/2)
			equal(f, "shards to return, when they are", len(kept.Return), 0)
			f.holds(f.lease(ctx, ask("b")), "b", numbers(asked.Return)...)
		}},
		{name: "owners that return what they are asked for come within one of each other", run: evenShares},
		{name: "more owners than shards leave some with none", run: func(ctx context.Context, f fixture) {
			a, b, c := ask("a"), ask("b"), ask("c")
			a.Shards, b.Shards, c.Shards = 1, 1, 1
			f.holds(f.lease(ctx, a), "a", 0)
			f.holds(f.lease(ctx, b), "b")
			grant := f.lease(ctx, c)
			f.holds(grant, "c")
			equal(f, "owners", grant.Owners, 3)
			equal(f, "shards that the holder is to return", len(f.lease(ctx, a).Return), 0)
		}},
		{name: "an owner that leaves frees its shards at once", run: func(ctx context.Context, f fixture) {
			f.lease(ctx, ask("a"))
			f.holds(f.lease(ctx, ask("b")), "b")
			left := f.lease(ctx, leaving("a"))
			f.holds(left, "a")
			equal(f, "owners that are left", left.Owners, 1)
			grant := f.lease(ctx, ask("b"))
			f.holds(grant, "b", 0, 1, 2, 3, 4, 5, 6, 7)
			equal(f, "owners", grant.Owners, 1)
			equal(f, "owners after somebody unknown has left", f.lease(ctx, leaving("c")).Owners, 1)
		}},
	}
}

func leaseApartCases() []testCase {
	return []testCase{
		{name: "what an owner returns without having it stays with its holder", run: func(ctx context.Context, f fixture) {
			before := f.lease(ctx, ask("a"))
			f.lease(ctx, returning("b", append(slices.Clone(before.Shards[1:4]), before.Shards[2], eventstore.ShardLease{})...))
			equal(f, "shards of the holder", fmt.Sprint(f.lease(ctx, ask("a")).Shards), fmt.Sprint(before.Shards))
		}},
		{name: "groups know nothing of each other", run: func(ctx context.Context, f fixture) {
			f.lease(ctx, ask("a"))
			other := ask("b")
			other.Group, other.Shards = "other.Group_2-x", 3
			f.holds(f.lease(ctx, other), "b", 0, 1, 2)
		}},
		{name: "leases are no part of the log", run: func(ctx context.Context, f fixture) {
			for _, owner := range []string{"a", "b", "a"} {
				f.lease(ctx, ask(owner))
			}
			equal(f, "events in the log", len(f.all(ctx)), 0)
			f.start(ctx, order, Event("Placed", "{}"))
			f.lease(ctx, ask("b"))
			equal(f, "events in the log", len(f.all(ctx)), 1)
		}},
	}
}

// evenShares lets a third owner join two that have settled.
func evenShares(ctx context.Context, f fixture) {
	owners := []string{"a", "b", "c"}
	grants := map[string]eventstore.LeaseGrant{}
	for joined := 1; joined <= len(owners); joined++ {
		for range 3 { // to hear of it, to return, and to take what others have returned
			for _, owner := range owners[:joined] {
				grants[owner] = f.lease(ctx, returning(owner, grants[owner].Return...))
			}
		}
	}
	var all []int
	for _, owner := range owners {
		grant := f.lease(ctx, ask(owner))
		equal(f, "shards of "+owner+" to return", len(grant.Return), 0)
		if n := len(grant.Shards); n < leasedShards/3 || n > leasedShards/3+1 {
			f.Fatalf("owner %s holds %d of %d shards", owner, n, leasedShards)
		}
		all = append(all, numbers(grant.Shards)...)
	}
	slices.Sort(all)
	equal(f, "shards of all", fmt.Sprint(all), "[0 1 2 3 4 5 6 7]")
}

func leaseErrorCases() []testCase {
	cases := []testCase{
		{name: "another number of shards is refused as long as there are owners", run: func(ctx context.Context, f fixture) {
			before := f.lease(ctx, ask("a"))
			other := ask("b")
			other.Shards = leasedShards + 1
			f.refusesLease(ctx, other, eventstore.ErrInvalid)
			equal(f, "shards of the holder", fmt.Sprint(f.lease(ctx, ask("a")).Shards), fmt.Sprint(before.Shards))
			f.lease(ctx, leaving("a"))
			equal(f, "shards, with nobody else there", len(f.lease(ctx, other).Shards), leasedShards+1)
		}},
		{name: "with a cancelled context nothing is granted", run: func(ctx context.Context, f fixture) {
			_, err := f.store.(eventstore.Leaser).Lease(cancelled(ctx), ask("a"))
			wantError(f, err, context.Canceled)
			f.holds(f.lease(ctx, ask("b")), "b", 0, 1, 2, 3, 4, 5, 6, 7)
		}},
		{name: "a closed store gives ErrClosed", closes: true, run: func(ctx context.Context, f fixture) {
			f.lease(ctx, ask("a"))
			f.close(ctx)
			f.refusesLease(ctx, ask("a"), eventstore.ErrClosed)
		}},
	}
	for what, change := range map[string]func(*eventstore.LeaseRequest){
		"no group":                      func(r *eventstore.LeaseRequest) { r.Group = "" },
		"a group with other characters": func(r *eventstore.LeaseRequest) { r.Group = "a/b" },
		"a group of over 100 bytes":     func(r *eventstore.LeaseRequest) { r.Group = strings.Repeat("g", 101) },
		"no owner":                      func(r *eventstore.LeaseRequest) { r.Owner = "" },
		"an owner of over 200 bytes":    func(r *eventstore.LeaseRequest) { r.Owner = strings.Repeat("o", 201) },
		"an owner that is not UTF-8":    func(r *eventstore.LeaseRequest) { r.Owner = "o\xff" },
		"no shards":                     func(r *eventstore.LeaseRequest) { r.Shards = 0 },
		"too many shards":               func(r *eventstore.LeaseRequest) { r.Shards = eventstore.MaxShards + 1 },
		"too short a time":              func(r *eventstore.LeaseRequest) { r.TTL = eventstore.MinLeaseTTL - 1 },
		"a shard beyond the last": func(r *eventstore.LeaseRequest) {
			r.Returned = []eventstore.ShardLease{{Shard: 1, Token: 1}, {Shard: leasedShards, Token: 2}}
		},
		"a shard before the first":         func(r *eventstore.LeaseRequest) { r.Returned = []eventstore.ShardLease{{Shard: -1, Token: 1}} },
		"asking for tokens above the last": func(r *eventstore.LeaseRequest) { r.Above = math.MaxInt64 + 1 },
	} {
		cases = append(cases, testCase{name: what + " is refused", run: func(ctx context.Context, f fixture) {
			f.lease(ctx, ask("a"))
			request := ask("b")
			change(&request)
			f.refusesLease(ctx, request, eventstore.ErrInvalid)
			equal(f, "owners", f.lease(ctx, ask("a")).Owners, 1)
		}})
	}
	return cases
}

// ask is a request for leases that outlast the case.
func ask(owner string) eventstore.LeaseRequest {
	return eventstore.LeaseRequest{Group: "orchestrator", Owner: owner, Shards: leasedShards, TTL: longLease}
}

func returning(owner string, shards ...eventstore.ShardLease) eventstore.LeaseRequest {
	r := ask(owner)
	r.Returned = shards
	return r
}

func leaving(owner string) eventstore.LeaseRequest {
	r := ask(owner)
	r.Leave = true
	return r
}

func (f fixture) lease(ctx context.Context, r eventstore.LeaseRequest) eventstore.LeaseGrant {
	f.Helper()
	grant, err := f.store.(eventstore.Leaser).Lease(ctx, r)
	if err != nil {
		f.Fatalf("lease to %q: %v", r.Owner, err)
	}
	return grant
}

func (f fixture) refusesLease(ctx context.Context, r eventstore.LeaseRequest, target error) {
	f.Helper()
	grant, err := f.store.(eventstore.Leaser).Lease(ctx, r)
	wantError(f, err, target)
	equal(f, "shards granted with an error", len(grant.Shards), 0)
}

func (f fixture) holds(grant eventstore.LeaseGrant, owner string, shards ...int) {
	f.Helper()
	equal(f, "shards of "+owner, fmt.Sprint(numbers(grant.Shards)), fmt.Sprint(slices.Sorted(slices.Values(shards))))
}

func numbers(leases []eventstore.ShardLease) []int {
	var all []int
	for _, l := range leases {
		all = append(all, l.Shard)
	}
	return all
}
