package lease

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/skaldgo/skald/eventstore"
)

// Settle answers a request at an instant. The state that it is given stays as it is. An owner that comes late finds its
// shards as it left them unless another one came before: only others give it up.
func Settle(s State, now time.Time, r eventstore.LeaseRequest) (State, eventstore.LeaseGrant, error) {
	if err := Validate(r); err != nil {
		return s, eventstore.LeaseGrant{}, err
	}
	next := State{Shards: r.Shards, Token: max(s.Token, r.Above)}
	me := Member{Owner: r.Owner, Until: now.Add(r.TTL)}
	for _, m := range s.Members {
		switch {
		case m.Owner == r.Owner:
			me.Held = without(m.Held, r.Returned)
		case now.Before(m.Until):
			next.Members = append(next.Members, m)
		}
	}
	if s.Shards != r.Shards {
		if len(next.Members) > 0 {
			return s, eventstore.LeaseGrant{}, fmt.Errorf("lease: group %q has %d shards, not %d: all its owners must name the same: %w",
				r.Group, s.Shards, r.Shards, eventstore.ErrInvalid)
		}
		me.Held = nil // they were shards of another division
	}
	if r.Leave {
		return next, eventstore.LeaseGrant{Owners: len(next.Members)}, nil
	}
	for i := range me.Held {
		if me.Held[i].Token <= r.Above {
			next.Token++
			me.Held[i].Token = next.Token
		}
	}
	share := next.share(me)
	for _, shard := range next.free(me) {
		if len(me.Held) >= share {
			break
		}
		next.Token++
		me.Held = append(me.Held, eventstore.ShardLease{Shard: shard, Token: next.Token})
	}
	slices.SortFunc(me.Held, func(a, b eventstore.ShardLease) int { return cmp.Compare(a.Shard, b.Shard) })
	next.Members = append(next.Members, me)
	slices.SortFunc(next.Members, func(a, b Member) int { return cmp.Compare(a.Owner, b.Owner) })
	grant := eventstore.LeaseGrant{Shards: slices.Clone(me.Held), Owners: len(next.Members)}
	for i := share; i < len(me.Held); i++ {
		grant.Return = append(grant.Return, me.Held[i])
	}
	return next, grant, nil
}

// share is what one more owner beside the members should have. Those of all owners add up to the number of shards, and
// differ by one at most. The larger shares are with owners that have one already, so that few shards change hands; by
// how much an owner is above its share says nothing, or owners that return at the same time would change places.
func (s State) share(me Member) int {
	owners := len(s.Members) + 1
	small := s.Shards / owners
	rank := func(m Member) int { return min(len(m.Held), small+1) }
	before := 0
	for _, m := range s.Members {
		if rank(m) > rank(me) || rank(m) == rank(me) && m.Owner < me.Owner {
			before++
		}
	}
	if before < s.Shards%owners {
		return small + 1
	}
	return small
}

// without returns a copy of what is held, less what is returned.
func without(held, returned []eventstore.ShardLease) []eventstore.ShardLease {
	var kept []eventstore.ShardLease
	for _, l := range held {
		if !slices.Contains(returned, l) {
			kept = append(kept, l)
		}
	}
	return kept
}

// free returns the shards that neither the members nor one more have, in order.
func (s State) free(more Member) []int {
	taken := make([]bool, s.Shards)
	for _, m := range append(slices.Clone(s.Members), more) {
		for _, l := range m.Held {
			taken[l.Shard] = true
		}
	}
	var free []int
	for shard := range taken {
		if !taken[shard] {
			free = append(free, shard)
		}
	}
	return free
}
