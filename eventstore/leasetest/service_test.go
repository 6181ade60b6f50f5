package leasetest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/leasetest"
)

func TestTheInstantIsThatOfTheCaller(t *testing.T) {
	var s leasetest.Service
	noon := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	ask := func(at time.Time, owner string) []eventstore.ShardLease {
		grant, err := s.Lease(at, eventstore.LeaseRequest{Group: "sagas", Owner: owner, Shards: 2, TTL: time.Minute})
		require.NoError(t, err)
		return grant.Shards
	}
	require.Len(t, ask(noon, "a"), 2)
	require.Empty(t, ask(noon.Add(time.Minute-1), "b"))
	require.Len(t, ask(noon.Add(time.Minute), "b"), 2, "the first has not renewed")
}

func TestATokenThatIsTakenIsNeverGranted(t *testing.T) {
	var s leasetest.Service
	require.EqualValues(t, 1, s.Token(0))
	require.EqualValues(t, 8, s.Token(7))
	grant, err := s.Lease(time.Now(), eventstore.LeaseRequest{Group: "sagas", Owner: "a", Shards: 2, TTL: time.Minute})
	require.NoError(t, err)
	require.Equal(t, []eventstore.ShardLease{{Shard: 0, Token: 9}, {Shard: 1, Token: 10}}, grant.Shards)
	require.EqualValues(t, 11, s.Token(0))
	_, err = s.Lease(time.Now(), eventstore.LeaseRequest{})
	require.ErrorIs(t, err, eventstore.ErrInvalid)
	require.EqualValues(t, 12, s.Token(0))
}
