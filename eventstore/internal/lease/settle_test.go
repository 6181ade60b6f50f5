package lease_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/internal/lease"
)

var noon = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)

func asks(owner string) eventstore.LeaseRequest {
	return eventstore.LeaseRequest{Group: "sagas", Owner: owner, Shards: 4, TTL: time.Minute}
}

// group is a state that goes on.
type group struct {
	t     *testing.T
	state lease.State
}

func (g *group) settle(at time.Duration, r eventstore.LeaseRequest) eventstore.LeaseGrant {
	g.t.Helper()
	next, grant, err := lease.Settle(g.state, noon.Add(at), r)
	require.NoError(g.t, err)
	g.state = next
	return grant
}

func TestAnOwnerIsGivenUpAtItsTimeAndByAnother(t *testing.T) {
	for _, tt := range []struct {
		at    time.Duration
		owner string
		gets  int
	}{
		{time.Minute - 1, "b", 0},
		{time.Minute, "b", 4},
		{time.Hour, "b", 4},
		{time.Hour, "a", 4},
	} {
		g := &group{t: t}
		before := g.settle(0, asks("a"))
		grant := g.settle(tt.at, asks(tt.owner))
		require.Len(t, grant.Shards, tt.gets, "%s at %v", tt.owner, tt.at)
		if tt.owner == "a" {
			require.Equal(t, before, grant, "who comes late, before all others, has lost nothing")
		}
	}
}

func TestSharesAddUpAndDifferByOneAtMost(t *testing.T) {
	for shards := 1; shards <= 17; shards++ {
		for owners := 1; owners <= 6; owners++ {
			g := &group{t: t}
			grants := map[string]eventstore.LeaseGrant{}
			for range owners + 2 {
				for o := range owners {
					r := asks(fmt.Sprint(o))
					r.Shards, r.Returned = shards, grants[r.Owner].Return
					grants[r.Owner] = g.settle(0, r)
				}
			}
			held := 0
			for owner, grant := range grants {
				held += len(grant.Shards)
				require.Empty(t, grant.Return)
				require.InDelta(t, float64(shards)/float64(owners), len(grant.Shards), 0.999, "owner %s of %d, %d shards", owner, owners, shards)
			}
			require.Equal(t, shards, held, "%d owners", owners)
		}
	}
}

func TestOwnersThatReturnAtTheSameTimeAreAskedForNoMoreThanNeeded(t *testing.T) {
	g := &group{t: t}
	sized := func(owner string, returned ...eventstore.ShardLease) eventstore.LeaseRequest {
		r := asks(owner)
		r.Shards, r.Returned = 16, returned
		return r
	}
	g.settle(0, sized("a"))
	g.settle(0, sized("b"))
	g.settle(0, sized("a", g.settle(0, sized("a")).Return...))
	require.Len(t, g.settle(0, sized("b")).Shards, 8)
	g.settle(0, sized("c"))
	a, b := g.settle(0, sized("a")), g.settle(0, sized("b"))
	require.Len(t, a.Return, 2)
	require.Len(t, b.Return, 3)
	require.Empty(t, g.settle(0, sized("a", a.Return...)).Return, "the larger share stays with the same owner")
	require.Empty(t, g.settle(0, sized("b", b.Return...)).Return)
	require.Len(t, g.settle(0, sized("c")).Shards, 5)
}

func TestLeavingFreesAtOnceAndEndsTheMembership(t *testing.T) {
	g := &group{t: t}
	g.settle(0, asks("a"))
	require.Empty(t, g.settle(0, asks("b")).Shards)
	leave := asks("a")
	leave.Leave = true
	require.Equal(t, eventstore.LeaseGrant{Owners: 1}, g.settle(0, leave))
	require.Equal(t, eventstore.LeaseGrant{Owners: 1}, g.settle(0, leave), "a repeat does no harm")
	grant := g.settle(0, asks("b"))
	require.Len(t, grant.Shards, 4)
	require.EqualValues(t, 5, grant.Shards[0].Token)
}

func TestShardsHeldWithLowTokensAreGrantedAnewAboveThoseOfTheLog(t *testing.T) {
	g := &group{t: t}
	g.settle(0, asks("a"))
	r := asks("a")
	r.Above = 2
	require.Equal(t, []eventstore.ShardLease{{Shard: 0, Token: 5}, {Shard: 1, Token: 6}, {Shard: 2, Token: 3}, {Shard: 3, Token: 4}},
		g.settle(0, r).Shards)
	r.Above = math.MaxInt64
	for i, l := range g.settle(0, r).Shards {
		require.Equal(t, uint64(math.MaxInt64)+uint64(i)+1, l.Token)
	}
}

func TestAnotherDivisionBeginsWhenNobodyIsLeft(t *testing.T) {
	g := &group{t: t}
	g.settle(0, asks("a"))
	other := asks("b")
	other.Shards = 3
	before := g.state
	next, grant, err := lease.Settle(g.state, noon, other)
	require.ErrorIs(t, err, eventstore.ErrInvalid)
	require.ErrorContains(t, err, `group "sagas" has 4 shards, not 3`)
	require.Equal(t, before, next)
	require.Empty(t, grant)
	require.Len(t, g.settle(time.Minute, other).Shards, 3)
	alone := asks("b")
	require.Len(t, g.settle(time.Minute, alone).Shards, 4, "the only owner may change its own mind")
}

func TestEverythingThatIsWrongWithARequestIsSaidAtOnce(t *testing.T) {
	err := lease.Validate(eventstore.LeaseRequest{
		Group: "a/b", Owner: strings.Repeat("o", 201), TTL: time.Millisecond, Returned: []eventstore.ShardLease{{Shard: -1}}, Above: math.MaxInt64 + 1,
	})
	require.ErrorIs(t, err, eventstore.ErrInvalid)
	for _, words := range []string{
		`group "a/b" is not made of`, "has 201 bytes", "0 shards, there must be 1 to 1024", "TTL 1ms", "shard -1 is returned",
		"no token is granted above 9223372036854775808",
	} {
		require.ErrorContains(t, err, words)
	}
	require.ErrorContains(t, lease.Validate(asks("o\xff")), "not UTF-8")
	require.NoError(t, lease.Validate(asks(strings.Repeat("é", 100))))
}
