package esdb_test

import (
	"bytes"
	"log"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/esdb"
	"github.com/skaldgo/skald/internal/esdbtest"
)

func TestEveryOptionOfTheConnectionStringIsAcceptedOrRefusedByName(t *testing.T) {
	var said bytes.Buffer
	log.SetOutput(&said)
	defer log.SetOutput(os.Stderr)
	for _, accepted := range []string{
		"tls=false", "tls=true", "TLS=FALSE", "tlsVerifyCert=false", "nodePreference=leader", "nodePreference=Follower",
		"nodePreference=random", "nodePreference=readOnlyReplica", "maxDiscoverAttempts=1", "discoveryInterval=0", "gossipTimeout=1",
		"keepAliveInterval=10000", "keepAliveInterval=-1", "keepAliveTimeout=1", "defaultDeadline=1",
	} {
		require.NoError(t, esdb.Config{URL: "esdb://localhost:2113?" + accepted}.Validate(), accepted)
		require.NoError(t, esdb.Config{URL: "esdb+discover://localhost:2113?" + accepted}.Validate(), accepted)
		require.NoError(t, esdb.Config{URL: "esdb://a:2113,b:2113,c?" + accepted}.Validate(), accepted)
	}
	for refused, says := range map[string]string{
		"tls=maybe": "tls is", "tlsVerifyCert=": "tlsVerifyCert is", "nodePreference=best": "nodePreference is",
		"maxDiscoverAttempts=0": "maxDiscoverAttempts is", "discoveryInterval=-1": "discoveryInterval is",
		"gossipTimeout=0": "gossipTimeout is", "keepAliveInterval=9999": "keepAliveInterval is",
		"keepAliveTimeout=0": "keepAliveTimeout is", "defaultDeadline=0": "defaultDeadline is", "defaultDeadline=1s": "defaultDeadline is",
		"tlsCaFile=/nowhere": "nowhere", "userCertFile=/nowhere": "userCertFile", "userKeyFile=/nowhere": "userKeyFile",
		"userCertFile=/a&userKeyFile=/b": "userCertFile and userKeyFile", "tls=false&tlsCaFile=": "tlsCaFile is",
		"throwOnAppendFailure=false": `"throwOnAppendFailure" is no option`, "connectionName=x": `"connectionName" is no option`,
		"tls=true&tls=false": "tls is given more than once", "tls=true&TLS=false": "is given more than once",
		"tls=false&userCertFile=/a&userKeyFile=/b": "mean nothing with tls=false",
		"tls=%zz": "its options cannot be read",
	} {
		err := esdb.Config{URL: "esdb://localhost:2113?" + refused}.Validate()
		require.ErrorIs(t, err, eventstore.ErrInvalid, refused)
		require.ErrorContains(t, err, says, refused)
	}
	require.Empty(t, said.String(), "nothing goes to the standard logger")
}

func TestAllProblemsOfAConfigAreReportedAtOnce(t *testing.T) {
	err := esdb.Config{CallTimeout: -1, MaxHung: -1}.Validate()
	require.ErrorIs(t, err, eventstore.ErrInvalid)
	require.ErrorContains(t, err, "no URL")
	require.ErrorContains(t, err, "call timeout")
	require.ErrorContains(t, err, "max hung")
	_, err = esdb.Open(t.Context(), esdb.Config{URL: "postgres://localhost"})
	require.ErrorIs(t, err, eventstore.ErrInvalid)
}

func TestThePasswordIsInNoErrorAndInNoLog(t *testing.T) {
	var said bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{Level: slog.LevelDebug}))
	for _, address := range []string{
		"esdb://user:hunter2@localhost:port", "esdb://user:hunter2@", "esdb://user:hunter2@a:1,b:x", "esdb://user:hun@ter2@a:b",
		"esdb://user:hunter2@h/path", "esdb://user:hunter2@h?tls=maybe", "esdb://user:hunter2@h?tls=false", "esdb://user:hunter2/@h",
		"esdb://user:hunter2?@h", "esdb://user:%hunter2@h", "esdb://user:hunter2\"\x7f@h", "esdb://user:hunter2@h?tlsCaFile=/nowhere",
		"http://user:hunter2@h", "esdb://:hunter2@h", "esdb://user:hunter2#x@h", "esdb://user:hunter2@127.0.0.1:1?maxDiscoverAttempts=1",
		"esdb://user:hunter2?a=b@h", "esdb://user:x?hunter2=b@h",
	} {
		_, err := esdb.Open(t.Context(), esdb.Config{URL: address, Logger: logger})
		require.Error(t, err, address)
		require.NotContains(t, err.Error(), "hunter2")
		require.NotContains(t, err.Error(), "ter2")
	}
	require.NotEmpty(t, said.String())
	require.NotContains(t, said.String(), "hunter2")
}

func TestTheDefaultDeadlineOfTheConnectionStringIsTheCallTimeout(t *testing.T) {
	cluster := newCluster(t, esdbtest.Config{})
	store := open(t, esdb.Config{URL: cluster.URL() + "&defaultDeadline=200"})
	cluster.Inject(func(esdbtest.Call) esdbtest.Fault { return esdbtest.Fault{Hang: true} })
	begun := time.Now()
	_, err := store.Append(t.Context(), "note-1", eventstore.NoStream, noted()...)
	require.ErrorIs(t, err, eventstore.ErrIndeterminate)
	require.Less(t, time.Since(begun), 5*time.Second)
}

func TestOverTLSTheStoreSaysWhoItIs(t *testing.T) {
	cluster := newCluster(t, esdbtest.Config{TLS: true, Users: map[string]string{"admin": "p@ss/?#w%rd", "ops": "changeit"}})
	store := open(t, esdb.Config{URL: cluster.URL()})
	_, err := store.Append(t.Context(), "note-1", eventstore.NoStream, noted()...)
	require.NoError(t, err)
	require.Len(t, readStream(t, store, "note-1"), 1)

	target, err := url.Parse(cluster.URL())
	require.NoError(t, err)
	for name, user := range map[string]*url.Userinfo{
		"a wrong password": url.UserPassword("admin", "hunter2"), "nobody": nil, "who may not read the whole log": url.UserPassword("ops", "changeit"),
	} {
		t.Run(name, func(t *testing.T) {
			address := *target
			address.User = user
			_, err := esdb.Open(t.Context(), esdb.Config{URL: address.String()})
			require.ErrorIs(t, err, eventstore.ErrDenied)
			require.NotContains(t, err.Error(), "hunter2")
		})
	}
}

func TestACertificateThatNobodyKnowsIsNotTrusted(t *testing.T) {
	cluster := newCluster(t, esdbtest.Config{TLS: true})
	address, err := url.Parse(cluster.URL())
	require.NoError(t, err)
	query := url.Values{"maxDiscoverAttempts": {"1"}, "discoveryInterval": {"0"}}
	address.RawQuery = query.Encode()
	_, err = esdb.Open(t.Context(), esdb.Config{URL: address.String()})
	require.ErrorIs(t, err, eventstore.ErrUnavailable)
	require.ErrorContains(t, err, "certificate")

	file := filepath.Join(t.TempDir(), "ca.crt")
	require.NoError(t, os.WriteFile(file, []byte("none"), 0o600))
	address.RawQuery = url.Values{"tlsCaFile": {file}}.Encode()
	require.ErrorIs(t, esdb.Config{URL: address.String()}.Validate(), eventstore.ErrInvalid)
}
