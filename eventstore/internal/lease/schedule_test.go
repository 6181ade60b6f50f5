package lease_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/internal/lease"
)

// schedule is a run of requests of several owners, under a clock that moves, and what is known of it from outside.
type schedule struct {
	*rapid.T
	shards  int
	ttl     time.Duration
	state   lease.State
	now     time.Time
	last    map[string]eventstore.LeaseGrant // what each owner was told last
	until   map[string]time.Time             // and how long it lasts
	granted map[uint64]string                // every token, and to whom for what
	highest uint64
	seen    map[string]int // what happened
}

func newSchedule(t *rapid.T, seen map[string]int) *schedule {
	return &schedule{
		T: t, shards: rapid.IntRange(1, 20).Draw(t, "shards"), ttl: 10 * time.Second, now: noon,
		last: map[string]eventstore.LeaseGrant{}, until: map[string]time.Time{}, granted: map[uint64]string{}, seen: seen,
	}
}

// call settles a request, and compares the outcome with what is known.
func (s *schedule) call(r eventstore.LeaseRequest) eventstore.LeaseGrant {
	r.Group, r.Shards, r.TTL = "sagas", s.shards, s.ttl
	before, err := s.state.Encode()
	require.NoError(s, err)
	given := s.state
	next, grant, err := lease.Settle(given, s.now, r)
	require.NoError(s, err)
	after, err := given.Encode()
	require.NoError(s, err)
	require.Equal(s, string(before), string(after), "the state that was given in has changed")
	s.remembersOnlyTheLiving(next, r)
	s.state = next
	if r.Leave {
		require.Empty(s, grant.Shards)
		delete(s.last, r.Owner)
		delete(s.until, r.Owner)
		s.seen["left"]++
	} else {
		s.keeps(r, grant)
		s.last[r.Owner], s.until[r.Owner] = grant, s.now.Add(s.ttl)
	}
	s.grantedOnce(r, grant)
	s.heldOnce()
	return grant
}

// remembersOnlyTheLiving: others are given up at their time, and not before; nobody gives up itself.
func (s *schedule) remembersOnlyTheLiving(next lease.State, r eventstore.LeaseRequest) {
	for owner, until := range s.until {
		if owner == r.Owner {
			continue
		}
		there := slices.ContainsFunc(next.Members, func(m lease.Member) bool { return m.Owner == owner })
		require.Equal(s, s.now.Before(until), there, "%s, whose leases last until %v, at %v", owner, until, s.now)
		if !there {
			s.seen["given up"]++
			delete(s.last, owner)
			delete(s.until, owner)
		}
	}
}

// keeps: an owner that was not given up has what it had, under the same tokens, less what it returned.
func (s *schedule) keeps(r eventstore.LeaseRequest, grant eventstore.LeaseGrant) {
	for _, l := range s.last[r.Owner].Shards {
		switch {
		case slices.Contains(r.Returned, l):
			require.NotContains(s, grant.Shards, l, "what was returned has another token, if it came back")
			s.seen["returned"]++
		case l.Token <= r.Above:
			require.NotContains(s, grant.Shards, l)
			s.seen["outbid"]++
		default:
			require.Contains(s, grant.Shards, l)
			s.seen["kept"]++
		}
	}
}

// grantedOnce: a token is new or was told to the same owner for the same shard, and a new one is above all others.
func (s *schedule) grantedOnce(r eventstore.LeaseRequest, grant eventstore.LeaseGrant) {
	highest := s.highest
	for _, l := range grant.Shards {
		what := fmt.Sprintf("shard %d to %s", l.Shard, r.Owner)
		if known, ok := s.granted[l.Token]; ok {
			require.Equal(s, known, what)
			continue
		}
		require.Greater(s, l.Token, highest)
		require.Greater(s, l.Token, r.Above)
		s.granted[l.Token] = what
		s.highest = max(s.highest, l.Token)
		s.seen["granted"]++
	}
}

// heldOnce: no two owners were told that they hold a shard, as long as neither was given up.
func (s *schedule) heldOnce() {
	holders := map[int]string{}
	for owner, grant := range s.last {
		for _, l := range grant.Shards {
			require.Empty(s, holders[l.Shard], "shard %d is held by %s as well", l.Shard, owner)
			holders[l.Shard] = owner
		}
	}
}

// step is one request of anybody, some time after the one before.
func (s *schedule) step() {
	s.now = s.now.Add(time.Duration(rapid.IntRange(0, 6).Draw(s.T, "seconds")) * time.Second)
	r := eventstore.LeaseRequest{Owner: rapid.SampledFrom([]string{"a", "b", "c", "d", "e"}).Draw(s.T, "owner")}
	switch rapid.SampledFrom([]string{"renew", "renew", "as asked", "as asked", "some", "leave", "outbid"}).Draw(s.T, "request") {
	case "as asked":
		r.Returned = s.last[r.Owner].Return
	case "some": // its own or not
		for _, shard := range rapid.SliceOfN(rapid.IntRange(0, s.shards-1), 0, s.shards).Draw(s.T, "returned") {
			r.Returned = append(r.Returned, eventstore.ShardLease{Shard: shard, Token: rapid.Uint64Range(0, s.highest).Draw(s.T, "token")})
		}
		for _, l := range s.last[r.Owner].Shards {
			if rapid.Bool().Draw(s.T, "its own") {
				r.Returned = append(r.Returned, l)
			}
		}
	case "leave":
		r.Leave = true
	case "outbid":
		r.Above = s.highest + rapid.Uint64Range(0, 5).Draw(s.T, "above") - min(s.highest, 2)
	}
	s.call(r)
}

// settle lets all who are there renew, and return what they are asked for, until nothing moves.
func (s *schedule) settle() {
	s.call(eventstore.LeaseRequest{Owner: "z"})
	owners := []string{"z"}
	for _, m := range s.state.Members {
		if m.Owner != "z" {
			owners = append(owners, m.Owner)
		}
	}
	for range len(owners) + 2 {
		for _, owner := range owners {
			s.call(eventstore.LeaseRequest{Owner: owner, Returned: s.last[owner].Return})
		}
	}
	held := 0
	for _, owner := range owners {
		grant := s.last[owner]
		require.Empty(s, grant.Return)
		require.Equal(s, len(owners), s.call(eventstore.LeaseRequest{Owner: owner}).Owners)
		require.GreaterOrEqual(s, len(grant.Shards), s.shards/len(owners))
		require.LessOrEqual(s, len(grant.Shards), (s.shards+len(owners)-1)/len(owners))
		held += len(grant.Shards)
	}
	require.Equal(s, s.shards, held, "shards that somebody holds")
	if len(owners) > 2 {
		s.seen["settled among many"]++
	}
}

// TestWhateverTheScheduleNoShardHasTwoHoldersAndNoTokenIsGrantedTwice draws schedules of requests, and lets the owners
// settle after each.
func TestWhateverTheScheduleNoShardHasTwoHoldersAndNoTokenIsGrantedTwice(t *testing.T) {
	seen := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		s := newSchedule(t, seen)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			s.step()
		}
		s.settle()
	})
	t.Log(seen)
	for _, kind := range []string{"granted", "kept", "returned", "outbid", "left", "given up", "settled among many"} {
		require.NotZero(t, seen[kind], "the property is void: %v", seen)
	}
}
