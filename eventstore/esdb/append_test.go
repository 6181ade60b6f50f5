package esdb_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/esdb"
	"github.com/skaldgo/skald/eventstore/eventstoretest"
	"github.com/skaldgo/skald/internal/esdbtest"
)

func TestAnAppendWhoseReplyIsLostIsUnknownAndItsRepeatGivesTheFirstOutcome(t *testing.T) {
	for name, fault := range map[string]esdbtest.Fault{
		"the connection breaks":        {DropReply: true, Disconnect: true},
		"the server says it timed out": {After: esdbtest.TimedOut()},
		"the server says it is gone":   {After: esdbtest.Unavailable()},
	} {
		t.Run(name, func(t *testing.T) {
			cluster := newCluster(t, esdbtest.Config{})
			store := openOn(t, cluster)
			events := eventstoretest.Events(3, "NoteTaken")
			cluster.Inject(once(esdbtest.Append, fault))
			_, err := store.Append(t.Context(), "note-1", eventstore.NoStream, events...)
			require.ErrorIs(t, err, eventstore.ErrIndeterminate)
			_, err = store.Append(t.Context(), "note-1", eventstore.Exactly(2), noted()...)
			require.NoError(t, err)

			result, err := store.Append(t.Context(), "note-1", eventstore.NoStream, events...)
			require.NoError(t, err)
			stored := readStream(t, store, "note-1")
			require.Len(t, stored, 4)
			require.Equal(t, int64(2), result.Revision)
			require.Equal(t, stored[2].Position, result.Position)
		})
	}
}

func TestAnAppendWithoutAnswerIsUnknownAfterTheCallTimeoutOrTheContext(t *testing.T) {
	cluster := newCluster(t, esdbtest.Config{})
	store := open(t, esdb.Config{URL: cluster.URL(), CallTimeout: 300 * time.Millisecond})
	cluster.Inject(upTo(2, esdbtest.Append, esdbtest.Fault{DropReply: true}))
	_, err := store.Append(t.Context(), "note-1", eventstore.NoStream, noted()...)
	require.ErrorIs(t, err, eventstore.ErrIndeterminate)

	_, err = store.Append(within(t, 50*time.Millisecond), "note-2", eventstore.NoStream, noted()...)
	require.ErrorIs(t, err, eventstore.ErrIndeterminate)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Len(t, readStream(t, store, "note-2"), 1)
}

func TestAnAppendThatIsRefusedBeforeItIsCommittedStoresNothingAndCanBeRepeated(t *testing.T) {
	cluster := newCluster(t, esdbtest.Config{})
	store := openOn(t, cluster)
	for i, refusal := range []error{esdbtest.Unavailable(), esdbtest.TooBusy()} {
		stream, events := fmt.Sprintf("note-%d", i), noted()
		cluster.Inject(once(esdbtest.Append, esdbtest.Fault{Refuse: refusal}))
		// When the answer comes before all was sent, it is surely not stored, and made again at once. Else it is unknown: the
		// server says the same for writes that it had taken when it went down.
		if _, err := store.Append(t.Context(), stream, eventstore.NoStream, events...); err != nil {
			require.ErrorIs(t, err, eventstore.ErrIndeterminate)
			_, err = eventstoretest.Collect(store.ReadStream(t.Context(), stream, 0, eventstore.Forwards))
			require.ErrorIs(t, err, eventstore.ErrStreamNotFound)
		}
		_, err := store.Append(t.Context(), stream, eventstore.NoStream, events...)
		require.NoError(t, err)
		require.Len(t, readStream(t, store, stream), 1)
	}
}

func TestAnAppendToANodeThatIsDownIsSurelyNotStored(t *testing.T) {
	cluster := newCluster(t, esdbtest.Config{})
	store := openOn(t, cluster)
	cluster.Node(0).Kill()
	var err error
	require.Eventually(t, func() bool { // the first may meet the connection while it breaks
		_, err = store.Append(t.Context(), "note-1", eventstore.NoStream, noted()...)
		return errors.Is(err, eventstore.ErrUnavailable)
	}, 10*time.Second, time.Millisecond)
	require.NotErrorIs(t, err, eventstore.ErrIndeterminate)
	require.NoError(t, cluster.Node(0).Start())
	_, err = store.Append(t.Context(), "note-1", eventstore.NoStream, noted()...)
	require.NoError(t, err)
}

func TestAnAppendOverTheLimitIsTooLargeBeforeAnythingIsSent(t *testing.T) {
	cluster := newCluster(t, esdbtest.Config{})
	store := openOn(t, cluster)
	var calls atomic.Int64
	cluster.Inject(func(esdbtest.Call) esdbtest.Fault {
		calls.Add(1)
		return esdbtest.Fault{}
	})
	large := noted()
	large[0].Data = make([]byte, eventstore.MaxAppendBytes)
	_, err := store.Append(t.Context(), "note-1", eventstore.NoStream, large...)
	require.ErrorIs(t, err, eventstore.ErrTooLarge)
	require.Zero(t, calls.Load())
}

func TestAServerWithALowerLimitGivesTooLargeWhetherItSaysSoOrBreaksOff(t *testing.T) {
	cluster := newCluster(t, esdbtest.Config{MaxAppendBytes: 10_000})
	store := openOn(t, cluster)
	one := noted()
	one[0].Data = make([]byte, 20_000)
	_, err := store.Append(t.Context(), "note-1", eventstore.NoStream, one...)
	require.ErrorIs(t, err, eventstore.ErrTooLarge)

	many := eventstoretest.Events(5000, "NoteTaken") // refused while they are sent
	_, err = store.Append(t.Context(), "note-1", eventstore.NoStream, many...)
	require.ErrorIs(t, err, eventstore.ErrTooLarge)
	_, err = eventstoretest.Collect(store.ReadStream(t.Context(), "note-1", 0, eventstore.Forwards))
	require.ErrorIs(t, err, eventstore.ErrStreamNotFound)
}

func TestAnAppendThatIsRefusedWhileItIsSentTellsTheCause(t *testing.T) {
	cluster := newCluster(t, esdbtest.Config{})
	store := openOn(t, cluster)
	many := eventstoretest.Events(5000, "NoteTaken")
	denied := status.Error(codes.PermissionDenied, "Access Denied")
	cluster.Inject(func(c esdbtest.Call) esdbtest.Fault {
		if c.Method == esdbtest.Append {
			return esdbtest.Fault{Refuse: denied}
		}
		return esdbtest.Fault{}
	})
	_, err := store.Append(t.Context(), "note-1", eventstore.NoStream, many...)
	require.ErrorIs(t, err, eventstore.ErrDenied)

	cluster.Inject(once(esdbtest.Append, esdbtest.Fault{NotLeader: true}))
	result, err := store.Append(t.Context(), "note-1", eventstore.NoStream, many...)
	require.NoError(t, err)
	require.Equal(t, int64(4999), result.Revision)
}

func TestAWriteThatMeetsANodeThatDoesNotLeadGoesToTheLeader(t *testing.T) {
	cluster := newCluster(t, esdbtest.Config{Nodes: 3})
	follower := "esdb://" + cluster.Node(1).Address() + "?tls=false" // one host, so the library does not ask who leads
	store := open(t, esdb.Config{URL: follower})
	_, err := store.Append(t.Context(), "note-1", eventstore.NoStream, noted()...)
	require.NoError(t, err)
	require.Len(t, readStream(t, store, "note-1"), 1)

	require.NoError(t, cluster.Elect(2))
	_, err = store.Append(t.Context(), "note-1", eventstore.Exactly(0), noted()...)
	require.NoError(t, err)
	require.NoError(t, cluster.Elect(1))
	require.NoError(t, store.Truncate(t.Context(), "note-1", 1))
	require.NoError(t, cluster.Elect(0))
	require.NoError(t, store.Delete(t.Context(), "note-1", eventstore.Exactly(1)))
}

func TestAWriterLeavesALeaderThatIsCutOffFromTheOthers(t *testing.T) {
	cluster := newCluster(t, esdbtest.Config{Nodes: 3, CommitTimeout: 10 * time.Millisecond})
	store := openOn(t, cluster)
	mustAppend(t, store, "note-1", eventstore.NoStream, 1)
	cluster.Node(leader(cluster)).Partition()
	mustAppend(t, store, "note-1", eventstore.Exactly(0), 1)
	require.Len(t, readStream(t, store, "note-1"), 2)
}

func TestAWriteToATombstonedStreamIsDenied(t *testing.T) {
	cluster := newCluster(t, esdbtest.Config{})
	store := openOn(t, cluster)
	tombstone(t, cluster, "note-1")
	for _, n := range []int{1, 5000} {
		_, err := store.Append(t.Context(), "note-1", eventstore.NoStream, eventstoretest.Events(n, "NoteTaken")...)
		require.ErrorIs(t, err, eventstore.ErrDenied)
	}
	_, err := eventstoretest.Collect(store.ReadStream(t.Context(), "note-1", 0, eventstore.Forwards))
	require.ErrorIs(t, err, eventstore.ErrStreamNotFound)
}
