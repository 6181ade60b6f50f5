package lease_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/internal/lease"
)

func TestAStateOutlivesItsEncoding(t *testing.T) {
	g := &group{t: t}
	g.settle(0, asks("a"))
	g.settle(time.Second, asks("ä\x00\"b"))
	encoded, err := g.state.Encode()
	require.NoError(t, err)
	decoded, err := lease.Decode(encoded)
	require.NoError(t, err)
	require.Equal(t, g.state, decoded)
	for _, nothing := range []string{"", "{}", `{"shards":0,"token":0}`} {
		decoded, err = lease.Decode([]byte(nothing))
		require.NoError(t, err)
		require.Empty(t, decoded)
	}
}

func TestStatesThatNobodyWroteAreRefused(t *testing.T) {
	member := func(owner, held string) string {
		return `{"owner":"` + owner + `","until":"2030-01-01T12:00:00Z","held":[` + held + `]}`
	}
	state := func(members ...string) string {
		return `{"shards":4,"token":3,"members":[` + strings.Join(members, ",") + `]}`
	}
	for says, encoded := range map[string]string{
		"invalid character":                     `leases`,
		"unexpected end":                        state(member("a", ``))[:20],
		"0 shards":                              `{"token":3}`,
		"1025 shards":                           `{"shards":1025,"token":3}`,
		"token 18446744073709551615":            `{"shards":3,"token":18446744073709551615}`,
		"-1 shards":                             `{"shards":-1,"token":3}`,
		`owner "" is not one`:                   state(member("", ``)),
		`owner "a" is not one`:                  state(member("b", ``), member("a", ``)),
		`owner "b" is not one`:                  state(member("b", ``), member("b", ``)),
		`shard 4 of owner "a" is not one of 4`:  state(member("a", `{"shard":4,"token":1}`)),
		`shard -1 of owner "a" is not one of 4`: state(member("a", `{"shard":-1,"token":1}`)),
		`shard 1 of owner "a" is not one of 4`:  state(member("a", `{"shard":2,"token":1},{"shard":1,"token":2}`)),
		`shard 2 is held by "a" and by "b"`:     state(member("a", `{"shard":2,"token":1}`), member("b", `{"shard":2,"token":2}`)),
		`shard 2 is held by "a" and by "a"`:     state(member("a", `{"shard":2,"token":1},{"shard":2,"token":2}`)),
		"token 4 of shard 2 was not granted":    state(member("a", `{"shard":2,"token":4}`)),
		"token 0 of shard 2 was not granted":    state(member("a", `{"shard":2,"token":0}`)),
		`token 1 is held by "a" and by "b"`:     state(member("a", `{"shard":2,"token":1}`), member("b", `{"shard":3,"token":1}`)),
	} {
		decoded, err := lease.Decode([]byte(encoded))
		require.ErrorIs(t, err, eventstore.ErrCorrupt, says)
		require.ErrorContains(t, err, says)
		require.Empty(t, decoded)
	}
	_, err := lease.Decode([]byte(state(member("a", `{"shard":2,"token":1}`), member("b", `{"shard":3,"token":3}`))))
	require.NoError(t, err)
}

// FuzzSettle gives any bytes for a state, and holds to this: what is decoded is taken by Settle, and what Settle makes of
// it is encoded, decoded and encoded to the same bytes.
func FuzzSettle(f *testing.F) {
	f.Add([]byte(`{"shards":4,"token":3,"members":[{"owner":"a","until":"2030-01-01T12:00:00Z","held":[{"shard":1,"token":3}]}]}`),
		"b", 4, uint64(0), int64(time.Minute), 1, false)
	f.Add([]byte(``), "a", 1, uint64(7), int64(time.Hour), 0, true)
	f.Fuzz(func(t *testing.T, encoded []byte, owner string, shards int, above uint64, ttl int64, returned int, leave bool) {
		state, err := lease.Decode(encoded)
		if err != nil {
			require.ErrorIs(t, err, eventstore.ErrCorrupt)
			return
		}
		next, grant, err := lease.Settle(state, noon, eventstore.LeaseRequest{
			Group: "sagas", Owner: owner, Shards: shards, Above: above, TTL: time.Duration(ttl), Leave: leave,
			Returned: []eventstore.ShardLease{{Shard: returned, Token: state.Token}},
		})
		if err != nil {
			require.ErrorIs(t, err, eventstore.ErrInvalid)
			require.Equal(t, state, next)
			require.Empty(t, grant)
			return
		}
		require.LessOrEqual(t, len(grant.Return), len(grant.Shards))
		for _, l := range grant.Shards {
			require.Greater(t, l.Token, above)
		}
		written, err := next.Encode()
		require.NoError(t, err)
		again, err := lease.Decode(written)
		require.NoError(t, err, "%s", written)
		rewritten, err := again.Encode()
		require.NoError(t, err)
		require.Equal(t, string(written), string(rewritten))
	})
}
