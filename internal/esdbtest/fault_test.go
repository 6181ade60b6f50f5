package esdbtest_test

import (
	"context"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/skaldgo/skald/internal/esdbtest"
)

// once lets a fault strike the next call of a method, and only that.
func once(c *esdbtest.Cluster, method esdbtest.Method, f esdbtest.Fault) {
	left := make(chan struct{}, 1)
	left <- struct{}{}
	c.Inject(func(call esdbtest.Call) esdbtest.Fault {
		if call.Method != method {
			return esdbtest.Fault{}
		}
		select {
		case <-left:
			return f
		default:
			return esdbtest.Fault{}
		}
	})
}

// brief ends soon, for calls that are never answered, and late enough for what comes before that.
func brief(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	t.Cleanup(cancel)
	return ctx
}

// appended reports how many events a stream has.
func (w wire) appended(stream string) int {
	w.t.Helper()
	read, err := w.read(limited(w.t), everything())
	require.NoError(w.t, err)
	n := 0
	for _, e := range read {
		if string(e.GetStreamIdentifier().GetStreamName()) == stream {
			n++
		}
	}
	return n
}

func TestAFaultStrikesAnAppendBeforeOrAfterItIsCommitted(t *testing.T) {
	t.Parallel()
	for what, e := range map[string]struct {
		fault     esdbtest.Fault
		want      codes.Code
		committed int
	}{
		"a call that is refused":                        {esdbtest.Fault{Refuse: esdbtest.Unavailable()}, codes.Unavailable, 0},
		"a call that the server is too busy for":        {esdbtest.Fault{Refuse: esdbtest.TooBusy()}, codes.Unavailable, 0},
		"a call that another node should take":          {esdbtest.Fault{NotLeader: true}, codes.NotFound, 0},
		"a call that hangs":                             {esdbtest.Fault{Hang: true}, codes.DeadlineExceeded, 0},
		"a call that comes too late":                    {esdbtest.Fault{Delay: time.Hour}, codes.DeadlineExceeded, 0},
		"a call whose connection breaks":                {esdbtest.Fault{Disconnect: true}, codes.Unavailable, 0},
		"a write that is committed and never answered":  {esdbtest.Fault{DropReply: true}, codes.DeadlineExceeded, 1},
		"a write that is committed and then forgotten":  {esdbtest.Fault{After: esdbtest.TimedOut()}, codes.Aborted, 1},
		"a write whose connection breaks when it is in": {esdbtest.Fault{DropReply: true, Disconnect: true}, codes.Unavailable, 1},
		"a write that is committed and said not to be":  {esdbtest.Fault{After: esdbtest.Unavailable()}, codes.Unavailable, 1},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			c := esdbtest.Open(t, esdbtest.Config{})
			w := dial(t, c.Node(0))
			w.mustAppend("first-1")
			once(c, esdbtest.Append, e.fault)
			_, _, err := w.appendAny(brief(t), "account-1", proposed(uuid.New(), binary("Opened"), ""))
			require.Equal(t, e.want, status.Code(err), "%v", err)
			require.Equal(t, e.committed, w.appended("account-1"))
			w.mustAppend("account-1")
			require.Equal(t, e.committed+1, w.appended("account-1"))
		})
	}
}

func TestAWriteThatIsCommittedLateIsAmbiguousUntilThen(t *testing.T) {
	t.Parallel()
	c := esdbtest.Open(t, esdbtest.Config{CommitTimeout: 20 * time.Millisecond})
	w := dial(t, c.Node(0))
	f := w.follow(limited(t), fromTheEnd(everything()))
	f.caughtUp()
	commit := make(chan struct{})
	once(c, esdbtest.Append, esdbtest.Fault{CommitOn: commit})
	opened := proposed(uuid.New(), binary("Opened"), "")
	_, _, err := w.appendAny(limited(t), "account-1", opened)
	require.Equal(t, codes.Aborted, status.Code(err))
	require.Zero(t, w.appended("account-1"))

	_, _, err = w.appendAny(brief(t), "account-1", opened)
	require.Equal(t, codes.DeadlineExceeded, status.Code(err), "a repetition is not answered")
	resp, _, err := w.appendAt(limited(t), "account-1", 7, opened)
	require.NoError(t, err)
	require.Zero(t, resp.GetWrongExpectedVersion().GetCurrentRevision(), "the next writer sees it")
	require.NotNil(t, resp.GetWrongExpectedVersion().GetCurrentRevisionOption())

	close(commit)
	require.Equal(t, "account-1", string(f.next().GetEvent().GetEvent().GetStreamIdentifier().GetStreamName()))
	resp, _, err = w.appendAny(limited(t), "account-1", opened)
	require.NoError(t, err)
	require.Zero(t, resp.GetSuccess().GetCurrentRevision())
	require.Equal(t, 1, w.appended("account-1"))
}

func TestAWriteThatIsNotCommittedIsLostWithItsLeader(t *testing.T) {
	t.Parallel()
	c := three(t, esdbtest.Config{CommitTimeout: 20 * time.Millisecond})
	old := dial(t, c.Node(0))
	at := old.mustAppend("first-1")
	once(c, esdbtest.Append, esdbtest.Fault{CommitDelay: time.Hour})
	for range 2 { // the second waits behind the first
		_, _, err := old.appendAny(limited(t), "account-1", proposed(uuid.New(), binary("Opened"), ""))
		require.Equal(t, codes.Aborted, status.Code(err))
	}
	require.NoError(t, c.Elect(1))
	next := dial(t, c.Node(1))
	require.Equal(t, at, next.newest())
	next.mustAppend("account-1")
	require.Equal(t, 1, next.appended("account-1"))
}

func TestAReadOrASubscriptionIsCutAfterAsManyEvents(t *testing.T) {
	t.Parallel()
	cluster, c := single(t, esdbtest.Config{})
	c.mustAppend("account-1", esdb.NoStream{}, events("Opened", 10)...)
	w := dial(t, cluster.Node(0))
	for _, cut := range []error{esdbtest.Unavailable(), esdbtest.TimedOut()} {
		fault := esdbtest.Fault{Cut: cut, CutAfter: 4}
		once(cluster, esdbtest.Read, fault)
		read, err := w.read(limited(t), everything())
		require.Equal(t, status.Code(cut), status.Code(err))
		require.Len(t, read, 4)
		once(cluster, esdbtest.Subscribe, fault)
		f := w.follow(limited(t), from("account-1", esdb.Start{}))
		for range 4 {
			f.event()
		}
		require.Equal(t, status.Code(cut), status.Code(f.ends()))
	}
	once(cluster, esdbtest.Read, esdbtest.Fault{Cut: esdbtest.TimedOut(), CutAfter: 4, Disconnect: true})
	read, err := w.read(limited(t), everything())
	require.Equal(t, codes.Unavailable, status.Code(err), "the connection is gone before the answer")
	require.LessOrEqual(t, len(read), 4)
}

func TestAQuietSubscriptionIsCutToo(t *testing.T) {
	t.Parallel()
	cluster, c := single(t, esdbtest.Config{})
	c.mustAppend("account-1", esdb.NoStream{}, events("Opened", 2)...)
	once(cluster, esdbtest.Subscribe, esdbtest.Fault{Cut: esdbtest.Unavailable(), CutAfter: 2})
	f := dial(t, cluster.Node(0)).follow(limited(t), from("account-1", esdb.Start{}))
	f.event()
	f.event()
	f.caughtUp()
	require.Equal(t, codes.Unavailable, status.Code(f.ends()))
}

func TestConnectionsCanBeDropped(t *testing.T) {
	t.Parallel()
	cluster, _ := single(t, esdbtest.Config{})
	w := dial(t, cluster.Node(0))
	f := w.follow(limited(t), fromTheEnd(everything()))
	f.caughtUp()
	cluster.Node(0).DropConnections()
	require.Equal(t, codes.Unavailable, status.Code(f.ends()))
	w.mustAppend("account-1")
}

func TestGossipAndFeaturesCanFail(t *testing.T) {
	t.Parallel()
	for _, method := range []esdbtest.Method{esdbtest.Gossip, esdbtest.Features} {
		c := three(t, esdbtest.Config{})
		c.Inject(func(call esdbtest.Call) esdbtest.Fault {
			if call.Method == method {
				return esdbtest.Fault{Refuse: esdbtest.Unavailable()}
			}
			return esdbtest.Fault{}
		})
		_, err := connect(t, c.URL()+"&maxDiscoverAttempts=1").append("account-1", esdb.Any{}, event("Opened"))
		require.Equal(t, esdb.ErrorUnavailable, code(t, err))
	}
}

func TestAWriteThatIsCommittedInTimeIsAnsweredThen(t *testing.T) {
	t.Parallel()
	c := esdbtest.Open(t, esdbtest.Config{})
	w := dial(t, c.Node(0))
	once(c, esdbtest.Append, esdbtest.Fault{CommitDelay: 100 * time.Millisecond})
	began := time.Now()
	w.mustAppend("account-1")
	require.GreaterOrEqual(t, time.Since(began), 100*time.Millisecond)
}
