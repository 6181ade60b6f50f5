package esdb_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	client "github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/esdb"
	"github.com/skaldgo/skald/eventstore/eventstoretest"
	"github.com/skaldgo/skald/internal/esdbtest"
)

const (
	leaseState = "$$leases-orchestrator"
	leaseClock = "$$skald-clock"
)

func asks(owner string) eventstore.LeaseRequest {
	return eventstore.LeaseRequest{Group: "orchestrator", Owner: owner, Shards: 4, TTL: time.Hour}
}

func mustLease(t testing.TB, store eventstore.Leaser, owner string) eventstore.LeaseGrant {
	t.Helper()
	grant, err := store.Lease(t.Context(), asks(owner))
	require.NoError(t, err)
	return grant
}

// onStream makes a fault happen to the first call of a method for a stream.
func onStream(method esdbtest.Method, stream string, f esdbtest.Fault) func(esdbtest.Call) esdbtest.Fault {
	var met atomic.Bool
	return func(c esdbtest.Call) esdbtest.Fault {
		if c.Method == method && c.Stream == stream && met.CompareAndSwap(false, true) {
			return f
		}
		return esdbtest.Fault{}
	}
}

func TestLeasesAreSettledByTheClockOfTheServer(t *testing.T) {
	var ahead atomic.Int64
	cluster := newCluster(t, esdbtest.Config{Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }})
	store := openOn(t, cluster)
	ahead.Store(int64(-24 * time.Hour)) // the day before, by which leases would be long over
	require.Len(t, mustLease(t, store, "a").Shards, 4)
	ahead.Add(int64(59 * time.Minute))
	require.Empty(t, mustLease(t, store, "b").Shards)
	ahead.Add(int64(2 * time.Minute))
	require.Len(t, mustLease(t, store, "b").Shards, 4)
}

func TestALeaseWhoseOutcomeIsUnknownIsRepeated(t *testing.T) {
	cluster := newCluster(t, esdbtest.Config{})
	store := openOn(t, cluster)
	cluster.Inject(onStream(esdbtest.Append, leaseState, esdbtest.Fault{DropReply: true, Disconnect: true}))
	_, err := store.Lease(t.Context(), asks("a"))
	require.ErrorIs(t, err, eventstore.ErrIndeterminate)
	require.Empty(t, mustLease(t, store, "b").Shards, "it was stored")
	require.Len(t, mustLease(t, store, "a").Shards, 4)
}

func TestATickWhoseOutcomeIsUnknownLeavesNothingUnknown(t *testing.T) {
	cluster := newCluster(t, esdbtest.Config{})
	store := openOn(t, cluster)
	cluster.Inject(onStream(esdbtest.Append, leaseClock, esdbtest.Fault{DropReply: true, Disconnect: true}))
	_, err := store.Lease(t.Context(), asks("a"))
	require.ErrorIs(t, err, eventstore.ErrUnavailable)
	require.NotErrorIs(t, err, eventstore.ErrIndeterminate)
	require.Len(t, mustLease(t, store, "b").Shards, 4, "nothing was granted")
}

func TestALeaseEndsWithItsContextAndWithTheCallTimeout(t *testing.T) {
	cluster := newCluster(t, esdbtest.Config{})
	store := open(t, esdb.Config{URL: cluster.URL(), CallTimeout: 300 * time.Millisecond})
	cluster.Inject(onStream(esdbtest.Read, leaseState, esdbtest.Fault{Hang: true}))
	_, err := store.Lease(t.Context(), asks("a"))
	require.ErrorIs(t, err, eventstore.ErrUnavailable)
	cluster.Inject(onStream(esdbtest.Read, leaseState, esdbtest.Fault{Hang: true}))
	_, err = store.Lease(within(t, 50*time.Millisecond), asks("a"))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	cluster.Inject(nil)
	require.Equal(t, 1, mustLease(t, store, "b").Owners)
}

func TestLeasesThatWereSpoiledAreNamed(t *testing.T) {
	cluster := newCluster(t, esdbtest.Config{})
	store := openOn(t, cluster)
	raw := newClient(t, cluster)
	set := func(metadata string) {
		event := client.EventData{EventType: "$metadata", ContentType: client.ContentTypeJson, Data: []byte(metadata)}
		_, err := raw.AppendToStream(t.Context(), leaseState, client.AppendToStreamOptions{ExpectedRevision: client.Any{}}, event)
		require.NoError(t, err)
	}
	set(`{"skaldLeases":{"shards":4,"token":1,"members":[{"owner":"a","held":[{"shard":4,"token":1}]}]}}`)
	_, err := store.Lease(t.Context(), asks("a"))
	require.ErrorIs(t, err, eventstore.ErrCorrupt)
	require.ErrorContains(t, err, `stream "leases-orchestrator"`)

	set(`{"$acl":{"$r":"$all"}}`)
	mustLease(t, store, "a")
	stream, err := raw.ReadStream(t.Context(), leaseState, client.ReadStreamOptions{Direction: client.Backwards, From: client.End{}}, 1)
	require.NoError(t, err)
	defer stream.Close()
	last, err := stream.Recv()
	require.NoError(t, err)
	require.Contains(t, string(last.Event.Data), `"$acl":{"$r":"$all"}`, "what others keep there stays")
}

// patient repeats what may be repeated, as an owner does.
type patient struct {
	*esdb.Store
	refused *atomic.Int64
	unknown *atomic.Int64
}

func (p patient) Lease(ctx context.Context, r eventstore.LeaseRequest) (eventstore.LeaseGrant, error) {
	for {
		grant, err := p.Store.Lease(ctx, r)
		switch {
		case errors.Is(err, eventstore.ErrUnavailable):
			p.refused.Add(1)
		case errors.Is(err, eventstore.ErrIndeterminate):
			p.unknown.Add(1)
		default:
			return grant, err
		}
	}
}

func TestOwnersThatRepeatWhatFailsHaveTheirLeasesFromAServerThatLosesAnswers(t *testing.T) {
	var refused, unknown atomic.Int64
	t.Run("suite", func(t *testing.T) {
		eventstoretest.RunShared(t, func(t *testing.T) (one, other eventstore.Store) {
			cluster := newCluster(t, esdbtest.Config{})
			stores := []eventstore.Store{patient{openOn(t, cluster), &refused, &unknown}, patient{openOn(t, cluster), &refused, &unknown}}
			cluster.Inject(func(c esdbtest.Call) esdbtest.Fault {
				switch {
				case !strings.HasPrefix(c.Stream, "$$"):
				case c.Method == esdbtest.Append && c.Number%9 == 0:
					return esdbtest.Fault{DropReply: true, Disconnect: true}
				case c.Method == esdbtest.Append && c.Number%13 == 0, c.Method == esdbtest.Read && c.Number%17 == 0:
					return esdbtest.Fault{Disconnect: true}
				}
				return esdbtest.Fault{}
			})
			return stores[0], stores[1]
		})
	})
	t.Logf("%d calls refused, %d of unknown outcome", refused.Load(), unknown.Load())
	require.NotZero(t, unknown.Load(), "no answer was lost")
}
