package eventstoretest_test

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
)

func brokenLocks() []fault {
	return []fault{
		{"locks are always granted", func(s *memory.Store) eventstore.Store {
			return broken{Store: s, lock: func(context.Context, string) (io.Closer, error) { return io.NopCloser(nil), nil }}
		}, []caught{
			{"locker", "a lock that is held is refused, with its name and its holder", "got error <nil>"},
			{"locker", "of many callers at once exactly one gets the lock", "callers refused"},
		}},
		{"a refused lock does not name its holder", func(s *memory.Store) eventstore.Store {
			return broken{Store: s, lock: func(ctx context.Context, name string) (io.Closer, error) {
				held, err := s.Lock(ctx, name)
				if err != nil {
					err = &eventstore.LockedError{Name: name}
				}
				return held, err
			}}
		}, []caught{{"locker", "a lock that is held is refused, with its name and its holder", "holder is empty"}}},
		{"whoever shares a lock gets it", func(s *memory.Store) eventstore.Store {
			return broken{Store: s, share: func(context.Context, string) (io.Closer, error) { return io.NopCloser(nil), nil }}
		}, []caught{
			{"locker", "a lock that is shared is refused to one who wants it alone, until all have released it", "got error <nil>"},
			{"locker", "a lock that somebody has alone is not shared", "got error <nil>"},
		}},
		{"a lock is shared with nobody", func(s *memory.Store) eventstore.Store { return broken{Store: s, share: s.Lock} }, []caught{
			{"locker", "releasing a share twice does not release that of another", "share the lock"},
			{"locker", "many callers at once share a lock", "share a lock"},
		}},
	}
}

type leaseFunc = func(ctx context.Context, r eventstore.LeaseRequest) (eventstore.LeaseGrant, error)

func leasing(spoil func(s *memory.Store) leaseFunc) func(s *memory.Store) eventstore.Store {
	return func(s *memory.Store) eventstore.Store { return broken{Store: s, lease: spoil(s)} }
}

// asking spoils what is asked for.
func asking(change func(r *eventstore.LeaseRequest)) func(s *memory.Store) eventstore.Store {
	return leasing(func(s *memory.Store) leaseFunc {
		return func(ctx context.Context, r eventstore.LeaseRequest) (eventstore.LeaseGrant, error) {
			change(&r)
			return s.Lease(ctx, r)
		}
	})
}

func brokenLeases() []fault {
	return []fault{
		{"every owner is alone", asking(func(r *eventstore.LeaseRequest) { r.Group = "of-" + r.Owner[:1] }), []caught{
			{"leaser", "a second owner gets its share once the first has returned it", "shards of b"},
			{"leaser", "every grant has a token greater than all before", "want one greater than"},
		}},
		{"an outcome is lost to the one that came between", leasing(lastWriteWins), []caught{
			{"leaser", "of many owners at once no two hold a shard, and no token is granted twice", "is held by"},
		}},
		{"leases end early", asking(func(r *eventstore.LeaseRequest) { r.TTL = max(r.TTL/2, eventstore.MinLeaseTTL) }), []caught{
			{"leaser", "an owner that does not renew loses its shards to the next one, after its time and not before", "after 1"},
		}},
		{"leases never end", asking(func(r *eventstore.LeaseRequest) { r.TTL += 1_000 * time.Hour }), []caught{
			{"leaser", "an owner that does not renew loses its shards to the next one, after its time and not before", "deadline exceeded"},
		}},
		{"what is returned is kept", asking(func(r *eventstore.LeaseRequest) { r.Returned = nil }), []caught{
			{"leaser", "a second owner gets its share once the first has returned it", "shards kept"},
			{"leaser", "a shard that was returned is granted under another token", "shard 3 was held with token 4, and now with 4"},
			{"leaser", "a shard beyond the last is refused", "got error <nil>"},
		}},
		{"nobody leaves", asking(func(r *eventstore.LeaseRequest) { r.Leave = false }), []caught{
			{"leaser", "an owner that leaves frees its shards at once", "shards of a"},
		}},
		{"tokens begin anew", asking(func(r *eventstore.LeaseRequest) { r.Above = 0 }), []caught{
			{"leaser", "tokens are above what is asked for", "want one above"},
			{"leaser", "a token that nobody held yet can be outbid", "want one above"},
		}},
		{"leases are events of the log", leasing(func(s *memory.Store) leaseFunc {
			return func(ctx context.Context, r eventstore.LeaseRequest) (eventstore.LeaseGrant, error) {
				_, _ = s.Append(ctx, "leases-1", eventstore.Any, eventstore.EventData{ID: eventstore.EventID{1}, Type: "Leased"})
				return s.Lease(ctx, r)
			}
		}), []caught{{"leaser", "leases are no part of the log", "events in the log"}}},
	}
}

// lastWriteWins reads and writes the state of a group in two steps, as a store without a transaction would: each of its
// callers settles on what it has seen before.
func lastWriteWins(*memory.Store) leaseFunc {
	var mu sync.Mutex
	var callers int
	stale := [2]*memory.Store{memory.New(), memory.New()}
	return func(ctx context.Context, r eventstore.LeaseRequest) (eventstore.LeaseGrant, error) {
		mu.Lock()
		callers++
		at := stale[callers%2]
		mu.Unlock()
		return at.Lease(ctx, r)
	}
}
