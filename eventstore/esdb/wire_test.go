package esdb_test

import (
	"net"
	"sync"
	"testing"

	client "github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/esdb"
	"github.com/skaldgo/skald/internal/esdbtest"
)

// tombstone deletes a stream for ever, with the library itself.
func tombstone(t *testing.T, cluster *esdbtest.Cluster, stream string) {
	t.Helper()
	_, err := newClient(t, cluster).TombstoneStream(t.Context(), stream, client.TombstoneStreamOptions{ExpectedRevision: client.Any{}})
	require.NoError(t, err)
}

// newClient returns a client of the library itself.
func newClient(t *testing.T, cluster *esdbtest.Cluster) *client.Client {
	t.Helper()
	config, err := client.ParseConnectionString(cluster.URL())
	require.NoError(t, err)
	config.Logger = client.NoopLogging()
	c, err := client.NewClient(config)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

// recorder is a server that denies everything and remembers what was asked for.
type recorder struct {
	address string
	mu      sync.Mutex
	heard   map[string]metadata.MD // by method
}

func newRecorder(t *testing.T) *recorder {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	r := &recorder{address: l.Addr().String(), heard: map[string]metadata.MD{}}
	server := grpc.NewServer(grpc.UnknownServiceHandler(func(_ any, call grpc.ServerStream) error {
		method, _ := grpc.MethodFromServerStream(call)
		md, _ := metadata.FromIncomingContext(call.Context())
		r.mu.Lock()
		defer r.mu.Unlock()
		r.heard[method] = md
		if method == "/event_store.client.server_features.ServerFeatures/GetSupportedMethods" {
			return status.Error(codes.Unimplemented, "none")
		}
		return status.Error(codes.PermissionDenied, "no")
	}))
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	t.Cleanup(func() {
		server.Stop()
		require.NoError(t, <-served)
	})
	return r
}

func TestTheWishForTheLeaderIsOnTheWireUnlessOtherNodesArePreferred(t *testing.T) {
	for preference, wanted := range map[string][]string{
		"": {"true"}, "&nodePreference=leader": {"true"}, "&nodePreference=follower": nil, "&nodePreference=random": nil,
		"&nodePreference=readonlyreplica": nil,
	} {
		t.Run(preference, func(t *testing.T) {
			server := newRecorder(t)
			_, err := esdb.Open(t.Context(), esdb.Config{URL: "esdb://" + server.address + "?tls=false" + preference})
			require.ErrorIs(t, err, eventstore.ErrDenied)
			heard, ok := server.heard["/event_store.client.streams.Streams/Read"]
			require.True(t, ok, "%v", server.heard)
			require.Equal(t, wanted, heard.Get("requires-leader"))
		})
	}
}

func TestAReaderSeesWhatItHasWrittenThoughItsNodeLagsBehind(t *testing.T) {
	cluster := newCluster(t, esdbtest.Config{Nodes: 3})
	cluster.Node(1).Hold()
	for preference, sees := range map[string]int{"leader": 1, "follower": 0} {
		store := open(t, esdb.Config{URL: "esdb://" + cluster.Node(1).Address() + "?tls=false&nodePreference=" + preference})
		_, err := store.Append(t.Context(), "note-"+preference, eventstore.NoStream, noted()...)
		require.NoError(t, err)
		n := 0
		for _, err := range store.ReadStream(t.Context(), "note-"+preference, 0, eventstore.Forwards) {
			if sees == 0 {
				require.ErrorIs(t, err, eventstore.ErrStreamNotFound)
				break
			}
			require.NoError(t, err)
			n++
		}
		require.Equal(t, sees, n, preference)
	}
}
