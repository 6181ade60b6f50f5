package esdb_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/esdb"
	"github.com/skaldgo/skald/eventstore/eventstoretest"
	"github.com/skaldgo/skald/internal/esdbtest"
)

// A client of the library that searches for a node again forgets to close what it was connected to, which then goes on
// connecting to nodes that are gone. TestAClosedStoreLeavesNothingBehind looks without these exceptions.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreTopFunction("google.golang.org/grpc/internal/grpcsync.(*CallbackSerializer).run"),
		goleak.IgnoreAnyFunction("google.golang.org/grpc.(*addrConn).connect"),
		goleak.IgnoreAnyFunction("google.golang.org/grpc.(*addrConn).resetTransportAndUnlock"),
	)
}

func newCluster(t testing.TB, cfg esdbtest.Config) *esdbtest.Cluster {
	t.Helper()
	return esdbtest.Open(t, cfg)
}

func open(t testing.TB, cfg esdb.Config) *esdb.Store {
	t.Helper()
	store, err := esdb.Open(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return store
}

// openOn opens a store whose searches for a node do not take long.
func openOn(t testing.TB, cluster *esdbtest.Cluster) *esdb.Store {
	t.Helper()
	return open(t, esdb.Config{URL: cluster.URL() + "&gossipTimeout=1&maxDiscoverAttempts=3&discoveryInterval=10"})
}

// once makes a fault happen to the first call of a method.
func once(method esdbtest.Method, f esdbtest.Fault) func(esdbtest.Call) esdbtest.Fault {
	return upTo(1, method, f)
}

func upTo(times int, method esdbtest.Method, f esdbtest.Fault) func(esdbtest.Call) esdbtest.Fault {
	left := make(chan struct{}, times)
	for range times {
		left <- struct{}{}
	}
	return func(c esdbtest.Call) esdbtest.Fault {
		if c.Method != method {
			return esdbtest.Fault{}
		}
		select {
		case <-left:
			return f
		default:
			return esdbtest.Fault{}
		}
	}
}

func noted() []eventstore.EventData { return eventstoretest.Events(1, "NoteTaken") }

func readStream(t testing.TB, store eventstore.Store, stream string) []eventstore.RecordedEvent {
	t.Helper()
	events, err := eventstoretest.Collect(store.ReadStream(t.Context(), stream, 0, eventstore.Forwards))
	require.NoError(t, err)
	return events
}

func within(t testing.TB, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}
