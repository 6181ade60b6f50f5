package esdbtest_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/skaldgo/skald/internal/esdbtest"
)

func three(t *testing.T, cfg esdbtest.Config) *esdbtest.Cluster {
	t.Helper()
	cfg.Nodes = 3
	return esdbtest.Open(t, cfg)
}

func (w wire) mustAppend(stream string) uint64 {
	w.t.Helper()
	resp, _, err := w.appendAny(limited(w.t), stream, proposed(uuid.New(), binary("Opened"), ""))
	require.NoError(w.t, err)
	return resp.GetSuccess().GetPosition().GetCommitPosition()
}

// newest returns the position of the last event that a node shows.
func (w wire) newest() uint64 {
	w.t.Helper()
	read, err := w.read(limited(w.t), everything())
	require.NoError(w.t, err)
	return read[len(read)-1].GetCommitPosition()
}

func TestAClientFindsTheLeaderOfThree(t *testing.T) {
	t.Parallel()
	c := three(t, esdbtest.Config{TLS: true})
	require.NoError(t, c.Elect(2))
	served := make(chan esdbtest.Call, 100)
	c.Inject(func(call esdbtest.Call) esdbtest.Fault {
		served <- call
		return esdbtest.Fault{}
	})
	connect(t, c.URL()).mustAppend("account-1", esdb.NoStream{}, event("Opened"))
	c.Inject(nil)
	close(served)
	appended := 0
	for call := range served {
		if call.Method == esdbtest.Append {
			require.Equal(t, 2, call.Node)
			require.Equal(t, "account-1", call.Stream)
			appended++
		}
	}
	require.Equal(t, 1, appended)
}

func TestAFollowerPassesWritesOnUnlessTheLeaderIsWanted(t *testing.T) {
	t.Parallel()
	c := three(t, esdbtest.Config{})
	follower := dial(t, c.Node(1))
	at := follower.mustAppend("account-1")
	require.Equal(t, at, follower.newest())

	_, trailers, err := follower.appendAny(toTheLeaderOnly(limited(t)), "account-1", proposed(uuid.New(), binary("Opened"), ""))
	require.Equal(t, codes.NotFound, status.Code(err))
	require.Equal(t, []string{"not-leader"}, trailers.Get("exception"))
	require.Equal(t, c.Node(0).Address(), trailers.Get("leader-endpoint-host")[0]+":"+trailers.Get("leader-endpoint-port")[0])
	_, err = follower.read(toTheLeaderOnly(limited(t)), everything())
	require.Equal(t, codes.NotFound, status.Code(err))
	require.Equal(t, at, follower.newest(), "nothing was written")
}

func TestAFollowerThatLagsShowsWhatItHas(t *testing.T) {
	t.Parallel()
	c := three(t, esdbtest.Config{})
	leader, follower := dial(t, c.Node(0)), dial(t, c.Node(1))
	before := leader.mustAppend("account-1")
	c.Node(1).Hold()
	f := follower.follow(limited(t), fromTheEnd(everything()))
	f.caughtUp()
	after := leader.mustAppend("account-1")
	require.Equal(t, after, leader.newest())
	require.Equal(t, before, follower.newest())
	c.Node(1).Release()
	require.Equal(t, after, f.next().GetEvent().GetCommitPosition())
	require.Equal(t, after, follower.newest())
}

func TestWhenTheLeaderIsKilledAnotherOneLeadsAndNothingIsLost(t *testing.T) {
	t.Parallel()
	c := three(t, esdbtest.Config{})
	at := dial(t, c.Node(0)).mustAppend("account-1")
	c.Node(0).Kill()
	require.False(t, c.Node(0).Leader())
	require.True(t, c.Node(1).Leader())
	_, err := dial(t, c.Node(0)).read(limited(t), everything())
	require.Equal(t, codes.Unavailable, status.Code(err))
	next := dial(t, c.Node(1))
	require.Equal(t, at, next.newest())
	next.mustAppend("account-1")

	address := c.Node(0).Address()
	require.NoError(t, c.Node(0).Start())
	require.Equal(t, address, c.Node(0).Address())
	require.True(t, c.Node(1).Leader())
	require.Equal(t, next.newest(), dial(t, c.Node(0)).newest())
}

func TestOneOfThreeIsTooFewToWriteOrRead(t *testing.T) {
	t.Parallel()
	c := three(t, esdbtest.Config{})
	c.Node(0).Kill()
	c.Node(1).Kill()
	require.False(t, c.Node(2).Leader())
	left := dial(t, c.Node(2))
	_, _, err := left.appendAny(limited(t), "account-1", proposed(uuid.New(), binary("Opened"), ""))
	require.Equal(t, codes.Unavailable, status.Code(err))
	_, err = left.read(limited(t), everything())
	require.Equal(t, codes.Unavailable, status.Code(err))
	require.Error(t, c.Elect(2))
	require.NoError(t, c.Node(1).Start())
	left.mustAppend("account-1")
}

func TestElectionsCanWait(t *testing.T) {
	t.Parallel()
	c := three(t, esdbtest.Config{ManualElections: true})
	require.True(t, c.Node(0).Leader())
	c.Node(0).Kill()
	_, _, err := dial(t, c.Node(1)).appendAny(limited(t), "account-1", proposed(uuid.New(), binary("Opened"), ""))
	require.Equal(t, codes.Unavailable, status.Code(err))
	require.Error(t, c.Elect(0))
	require.NoError(t, c.Elect(2))
	dial(t, c.Node(1)).mustAppend("account-1")
}

func TestALeaderThatIsCutOffServesOldReadsAndWritesNothing(t *testing.T) {
	t.Parallel()
	c := three(t, esdbtest.Config{CommitTimeout: 50 * time.Millisecond})
	old, others := dial(t, c.Node(0)), dial(t, c.Node(1))
	before := old.mustAppend("account-1")
	c.Node(0).Partition()
	require.True(t, c.Node(1).Leader())
	after := others.mustAppend("account-1")
	_, _, err := old.appendAny(toTheLeaderOnly(limited(t)), "account-1", proposed(uuid.New(), binary("Lost"), ""))
	require.Equal(t, codes.Aborted, status.Code(err))
	stale, err := old.read(toTheLeaderOnly(limited(t)), everything())
	require.NoError(t, err, "it believes that it leads")
	require.Equal(t, before, stale[len(stale)-1].GetCommitPosition())
	c.Node(0).Heal()
	require.Equal(t, after, old.newest())
	_, err = old.read(toTheLeaderOnly(limited(t)), everything())
	require.Equal(t, codes.NotFound, status.Code(err))
}

func TestASingleNodeKeepsItsLogAndItsAddressWhenItIsStartedAgain(t *testing.T) {
	t.Parallel()
	cluster, c := single(t, esdbtest.Config{})
	opened := event("Opened")
	c.mustAppend("account-1", esdb.Any{}, opened)
	cluster.Node(0).Kill()
	cluster.Node(0).Kill() // does nothing
	require.NoError(t, cluster.Node(0).Start())
	require.NoError(t, cluster.Node(0).Start()) // does nothing
	again := connect(t, cluster.URL())
	require.Equal(t, uint64(1), again.mustAppend("account-1", esdb.Any{}, opened).NextExpectedVersion, "what it knew of ids is gone")
	require.Equal(t, uint64(1), again.mustAppend("account-1", esdb.NoStream{}, opened, opened).NextExpectedVersion, "the log is not")
}

func TestWithTLSEveryoneMustSayWhoHeIs(t *testing.T) {
	t.Parallel()
	c := esdbtest.Open(t, esdbtest.Config{TLS: true, Users: map[string]string{"admin": "secret", "clerk": "pass"}})
	as := func(user string) client {
		return connect(t, strings.Replace(c.URL(), "admin:secret@", user, 1))
	}
	as("admin:secret@").mustAppend("$system", esdb.Any{}, event("Opened"))
	as("clerk:pass@").mustAppend("account-1", esdb.Any{}, event("Opened"))
	for user, want := range map[string]esdb.ErrorCode{
		"clerk:pass@":  esdb.ErrorCodeAccessDenied,
		"clerk:wrong@": esdb.ErrorCodeUnauthenticated,
		"nobody:x@":    esdb.ErrorCodeUnauthenticated,
		"":             esdb.ErrorCodeAccessDenied,
	} {
		_, err := as(user).stream("$system", esdb.ReadStreamOptions{})
		require.Equal(t, want, code(t, err), user)
		_, err = as(user).append("$system", esdb.Any{}, event("Opened"))
		require.Error(t, err, "the client may not hear why, when it is still sending")
		_, err = as(user).all(esdb.ReadAllOptions{})
		require.Equal(t, want, code(t, err), user)
	}
	_, err := as("").stream("account-1", esdb.ReadStreamOptions{})
	require.Equal(t, esdb.ErrorCodeAccessDenied, code(t, err))
	read, err := as("admin:secret@").stream("$system", esdb.ReadStreamOptions{})
	require.NoError(t, err)
	require.Len(t, read, 1)
}

func TestAConfigIsRefusedWithAllThatIsWrong(t *testing.T) {
	t.Parallel()
	_, err := esdbtest.New(esdbtest.Config{
		Nodes: 2, Ports: []int{1}, Users: map[string]string{"a": "b"}, MaxAppendBytes: -1,
	})
	for _, wrong := range []string{"nodes is 2", "1 ports for 2 nodes", "without TLS", "negative"} {
		require.ErrorContains(t, err, wrong)
	}
}

func TestClosingEndsSubscriptionsHangingCallsAndLateWrites(t *testing.T) {
	t.Parallel()
	c, err := esdbtest.New(esdbtest.Config{})
	require.NoError(t, err)
	w := dial(t, c.Node(0))
	f := w.follow(limited(t), fromTheEnd(everything()))
	f.caughtUp()
	reached := make(chan struct{}, 2)
	c.Inject(func(call esdbtest.Call) esdbtest.Fault {
		reached <- struct{}{}
		if call.Stream == "late-1" {
			return esdbtest.Fault{CommitDelay: time.Hour}
		}
		return esdbtest.Fault{Hang: true}
	})
	ended := make(chan error, 2)
	for _, stream := range []string{"late-1", "hanging-1"} {
		go func() {
			_, _, err := w.appendAny(context.Background(), stream, proposed(uuid.New(), binary("Opened"), ""))
			ended <- err
		}()
		<-reached
	}
	require.NoError(t, c.Close())
	require.NoError(t, c.Close())
	require.Equal(t, codes.Unavailable, status.Code(f.ends()))
	for range 2 {
		require.Contains(t, []codes.Code{codes.Unavailable, codes.Aborted}, status.Code(<-ended))
	}
}
