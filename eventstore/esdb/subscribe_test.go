package esdb_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	client "github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/eventstoretest"
	"github.com/skaldgo/skald/internal/esdbtest"
)

// mustAppend tries until it is told the outcome.
func mustAppend(t testing.TB, store eventstore.Store, stream string, expected eventstore.ExpectedRevision, n int) eventstore.AppendResult {
	t.Helper()
	events := eventstoretest.Events(n, "NoteTaken")
	var result eventstore.AppendResult
	var err error
	require.Eventually(t, func() bool {
		result, err = store.Append(t.Context(), stream, expected, events...)
		return err == nil
	}, 20*time.Second, time.Millisecond, "%v", err)
	return result
}

func TestASubscriptionGoesOnWithoutGapOrDoubleWhateverInterruptsIt(t *testing.T) {
	interruptions := map[string]func(t *testing.T, c *esdbtest.Cluster, n int){
		"a cut": func(_ *testing.T, c *esdbtest.Cluster, n int) {
			c.Inject(upTo(2, esdbtest.Subscribe, esdbtest.Fault{Cut: esdbtest.Unavailable(), CutAfter: n % 5}))
			c.Node(leader(c)).DropConnections()
		},
		"a broken connection": func(_ *testing.T, c *esdbtest.Cluster, n int) {
			c.Inject(upTo(2, esdbtest.Subscribe, esdbtest.Fault{Cut: esdbtest.TooBusy(), Disconnect: true, CutAfter: n % 5}))
			c.Node(leader(c)).DropConnections()
		},
		"a killed node": func(t *testing.T, c *esdbtest.Cluster, _ int) {
			node := c.Node(leader(c))
			node.Kill()
			require.NoError(t, node.Start())
		},
		"an election": func(t *testing.T, c *esdbtest.Cluster, n int) {
			require.NoError(t, c.Elect(n%3))
			c.Node((n + 1) % 3).DropConnections()
		},
		"a partition": func(_ *testing.T, c *esdbtest.Cluster, _ int) {
			node := c.Node(leader(c))
			node.Partition()
			node.DropConnections()
			node.Heal()
		},
	}
	for name, interrupt := range interruptions {
		for _, filter := range []eventstore.Filter{{}, {StreamPrefixes: []string{"note-"}}} {
			t.Run(fmt.Sprint(name, filter.IsZero()), func(t *testing.T) {
				cluster := newCluster(t, esdbtest.Config{Nodes: 3})
				writer, reader := openOn(t, cluster), openOn(t, cluster)
				requireUninterrupted(t, writer, reader, filter, func(n int) { interrupt(t, cluster, n) })
			})
		}
	}
}

func leader(c *esdbtest.Cluster) int {
	for i := range 3 {
		if c.Node(i).Leader() {
			return i
		}
	}
	return 0
}

// requireUninterrupted reads what is written while something happens after every few events.
func requireUninterrupted(t *testing.T, writer, reader eventstore.Store, filter eventstore.Filter, happens func(n int)) {
	t.Helper()
	const total = 60
	mustAppend(t, writer, "note-1", eventstore.NoStream, 20)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	next := int64(0)
	var last eventstore.Position
	for m, err := range reader.Subscribe(ctx, eventstore.Position{}, filter) {
		require.NoError(t, err)
		require.False(t, last.After(m.Position), "%s after %s", m.Position, last)
		last = m.Position
		if m.Kind != eventstore.KindEvent || m.Event.Stream != "note-1" {
			continue
		}
		require.Equal(t, next, m.Event.Revision)
		next++
		if next%7 == 3 {
			happens(int(next))
		}
		if next >= 10 && next+10 < total {
			mustAppend(t, writer, "other-1", eventstore.Any, 1)
			mustAppend(t, writer, "note-1", eventstore.Exactly(next+9), 1)
		}
		if next == total-10 {
			return
		}
	}
}

func TestASubscriptionEndsWhenItsPositionIsNoneOfTheLog(t *testing.T) {
	cluster := newCluster(t, esdbtest.Config{})
	store := openOn(t, cluster)
	mustAppend(t, store, "note-1", eventstore.NoStream, 3)
	for _, err := range store.Subscribe(t.Context(), eventstore.NewPosition(7, 7), eventstore.Filter{}) {
		require.ErrorIs(t, err, eventstore.ErrInvalid)
	}
}

func TestASubscriptionIsNeverAheadOfALogThatEndsWithTheServersOwnEvents(t *testing.T) {
	cluster := newCluster(t, esdbtest.Config{})
	store := openOn(t, cluster)
	head := mustAppend(t, store, "note-1", eventstore.NoStream, 3).Position
	systemEvents(t, cluster, 2000)
	for _, filter := range []eventstore.Filter{{}, {StreamPrefixes: []string{"other-"}}, {TypePrefixes: []string{"Other"}}} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		caughtUp := 0
		end := head
		for m, err := range store.Subscribe(ctx, eventstore.Position{}, filter) {
			require.NoError(t, err)
			require.False(t, m.Position.After(end))
			if m.Kind != eventstore.KindCaughtUp || m.Position != end {
				continue
			}
			caughtUp++
			if caughtUp == 3 {
				break
			}
			systemEvents(t, cluster, 100) // are passed in silence
			end = mustAppend(t, store, "note-1", eventstore.Any, 1).Position
			systemEvents(t, cluster, 100)
		}
		head = end
		cancel()
		require.Equal(t, 3, caughtUp)
	}
}

func TestALongLogOfTheServersOwnEventsIsLookedAtOnce(t *testing.T) {
	cluster := newCluster(t, esdbtest.Config{})
	store := openOn(t, cluster)
	systemEvents(t, cluster, 5000)
	var reads atomic.Int64
	cluster.Inject(func(c esdbtest.Call) esdbtest.Fault {
		if c.Method == esdbtest.Read {
			reads.Add(1)
		}
		return esdbtest.Fault{}
	})
	caughtUp, ended := make(chan struct{}, 100), make(chan error, 1)
	go func() {
		for m, err := range store.Subscribe(t.Context(), eventstore.Position{}, eventstore.Filter{StreamPrefixes: []string{"note-"}}) {
			if err != nil || m.Kind == eventstore.KindEvent {
				ended <- err
				return
			}
			caughtUp <- struct{}{}
		}
	}()
	<-caughtUp
	settled(t, &reads, 0)
	const rounds, all = 30, 16 // all is how many pages 5,000 events are
	for range rounds {
		before := reads.Load()
		systemEvents(t, cluster, 1) // which the subscription passes, and looks whether others can read it
		settled(t, &reads, before)
	}
	mustAppend(t, store, "note-1", eventstore.NoStream, 1)
	require.NoError(t, <-ended)
	// On a machine that is busy it looks more than once for an event. Half of the log each time it never is.
	require.Less(t, reads.Load(), int64(rounds*all/2), "pages that were read to find the end")
}

// settled waits until there were more reads than before, and then none for a while.
func settled(t *testing.T, reads *atomic.Int64, before int64) {
	t.Helper()
	last, quiet := before, 0
	require.Eventually(t, func() bool {
		now := reads.Load()
		if quiet++; now == before || now != last {
			quiet = 0
		}
		last = now
		return quiet == 5
	}, 20*time.Second, 5*time.Millisecond)
}

// systemEvents writes events of the server's own: metadata of a stream that has no events.
func systemEvents(t *testing.T, cluster *esdbtest.Cluster, n int) {
	t.Helper()
	config, err := client.ParseConnectionString(cluster.URL())
	require.NoError(t, err)
	config.Logger = client.NoopLogging()
	c, err := client.NewClient(config)
	require.NoError(t, err)
	defer func() { require.NoError(t, c.Close()) }()
	events := make([]client.EventData, n)
	for i := range events {
		events[i] = client.EventData{EventID: uuid.New(), EventType: "$metadata", ContentType: client.ContentTypeJson, Data: []byte("{}")}
	}
	_, err = c.AppendToStream(t.Context(), "$$other-0", client.AppendToStreamOptions{ExpectedRevision: client.Any{}}, events...)
	require.NoError(t, err)
}
