package esdb_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/esdb"
	"github.com/skaldgo/skald/eventstore/eventstoretest"
	"github.com/skaldgo/skald/internal/esdbtest"
)

func TestReadsRecoverWhenTheirNodeIsLost(t *testing.T) {
	cluster := newCluster(t, esdbtest.Config{Nodes: 3})
	store := openOn(t, cluster)
	_, err := store.Append(t.Context(), "note-1", eventstore.NoStream, noted()...)
	require.NoError(t, err)
	for i := range 3 {
		cluster.Node(i).Kill()
		require.Eventually(t, func() bool {
			_, err := eventstoretest.Collect(store.ReadStream(t.Context(), "note-1", 0, eventstore.Forwards))
			return err == nil
		}, 10*time.Second, time.Millisecond)
		events, err := eventstoretest.Collect(store.ReadAll(t.Context(), eventstore.Position{}, eventstore.Forwards, eventstore.Filter{}))
		require.NoError(t, err)
		require.Len(t, events, 1)
		require.NoError(t, cluster.Node(i).Start())
	}
}

func TestAFailedSearchForANodeHangsNobodyAndTheStoreRecovers(t *testing.T) {
	cluster := newCluster(t, esdbtest.Config{})
	store := openOn(t, cluster)
	cluster.Node(0).Kill()
	results := make(chan error, 8)
	var callers sync.WaitGroup
	for i := range 8 {
		callers.Go(func() {
			var err error
			for range 3 { // also in the search that the first meets, and after it
				if i%2 == 0 {
					_, err = store.Append(t.Context(), fmt.Sprintf("note-%d", i), eventstore.NoStream, noted()...)
				} else {
					_, err = eventstoretest.Collect(store.ReadStream(t.Context(), "note-1", 0, eventstore.Forwards))
				}
			}
			results <- err
		})
	}
	callers.Wait()
	for range 8 {
		require.ErrorIs(t, <-results, eventstore.ErrUnavailable)
	}
	require.NoError(t, cluster.Node(0).Start())
	_, err := store.Append(t.Context(), "note-1", eventstore.NoStream, noted()...)
	require.NoError(t, err)
}

// slowSearch is a store whose connection is lost and whose search for another one hangs.
func slowSearch(t *testing.T, cfg esdb.Config) (*esdbtest.Cluster, *esdb.Store) {
	t.Helper()
	cluster := newCluster(t, esdbtest.Config{Nodes: 3})
	cfg.URL = cluster.URL() + "&gossipTimeout=1&maxDiscoverAttempts=1&discoveryInterval=0"
	var store *esdb.Store
	require.Eventually(t, func() (opened bool) { // a busy machine takes longer than a short timeout now and then
		var err error
		store, err = esdb.Open(t.Context(), cfg)
		return err == nil
	}, 20*time.Second, 10*time.Millisecond)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	cluster.Inject(func(c esdbtest.Call) esdbtest.Fault {
		return esdbtest.Fault{Hang: c.Method == esdbtest.Gossip, Refuse: esdbtest.Unavailable()}
	})
	_, err := store.Append(within(t, 50*time.Millisecond), "note-1", eventstore.NoStream, noted()...)
	require.Error(t, err) // by which the store notices
	return cluster, store
}

func TestNoCallerWaitsBeyondItsContextForASearchThatHangs(t *testing.T) {
	_, store := slowSearch(t, esdb.Config{})
	ctx := within(t, 50*time.Millisecond)
	results := make(chan error, 8)
	for i := range 8 {
		go func() {
			var err error
			switch i % 4 {
			case 0:
				_, err = store.Append(ctx, "note-2", eventstore.NoStream, noted()...)
			case 1:
				_, err = eventstoretest.Collect(store.ReadStream(ctx, "note-2", 0, eventstore.Forwards))
			case 2:
				_, err = store.LogID(ctx)
			case 3:
				for _, err = range store.Subscribe(ctx, eventstore.Position{}, eventstore.Filter{}) {
					if err != nil {
						break
					}
				}
			}
			results <- err
		}()
	}
	for range 8 {
		err := <-results
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NotErrorIs(t, err, eventstore.ErrIndeterminate, "nothing was sent")
	}
}

func TestCallsThatHangInTheLibraryAreCountedAndLimitedAndGoAwayWithTheirCause(t *testing.T) {
	cluster, store := slowSearch(t, esdb.Config{CallTimeout: 20 * time.Millisecond, MaxHung: 2})
	require.Eventually(t, func() bool {
		_, err := store.Append(t.Context(), "note-1", eventstore.NoStream, noted()...)
		require.Error(t, err)
		return errors.Is(err, eventstore.ErrUnavailable) && strings.Contains(err.Error(), "2 calls hang inside the client library")
	}, 10*time.Second, time.Millisecond)
	cluster.Inject(nil)
	require.Eventually(t, func() bool {
		_, err := store.Append(t.Context(), "note-1", eventstore.NoStream, noted()...)
		return err == nil
	}, 30*time.Second, 10*time.Millisecond)
}

func TestCloseWithCallsUnderWayPanicsNowhereAndWaitsForAppends(t *testing.T) {
	cluster := newCluster(t, esdbtest.Config{})
	for range 20 {
		store := open(t, esdb.Config{URL: cluster.URL()})
		started := make(chan struct{}, 6)
		var callers sync.WaitGroup
		for i := range 6 {
			callers.Go(func() {
				started <- struct{}{}
				for n := 0; ; n++ {
					var err error
					if i%2 == 0 {
						_, err = store.Append(t.Context(), "note-1", eventstore.Any, noted()...)
					} else {
						_, err = eventstoretest.Collect(store.ReadAll(t.Context(), eventstore.Position{}, eventstore.Backwards, eventstore.Filter{}))
					}
					if err != nil {
						require.ErrorIs(t, err, eventstore.ErrClosed)
						return
					}
				}
			})
		}
		for range 6 {
			<-started
		}
		require.NoError(t, store.Close())
		callers.Wait()
	}
}

func TestAppendsUnderWayFinishBeforeCloseReturns(t *testing.T) {
	cluster := newCluster(t, esdbtest.Config{})
	store, reader := openOn(t, cluster), openOn(t, cluster)
	taken := make(chan struct{})
	cluster.Inject(func(c esdbtest.Call) esdbtest.Fault {
		if c.Method == esdbtest.Append {
			close(taken)
			return esdbtest.Fault{CommitDelay: 50 * time.Millisecond}
		}
		return esdbtest.Fault{}
	})
	result := make(chan error, 1)
	go func() {
		_, err := store.Append(t.Context(), "note-1", eventstore.NoStream, noted()...)
		result <- err
	}()
	<-taken
	require.NoError(t, store.Close())
	require.Len(t, readStream(t, reader, "note-1"), 1)
	require.NoError(t, <-result)
}

func TestAClosedStoreLeavesNothingBehind(t *testing.T) {
	cluster := newCluster(t, esdbtest.Config{Nodes: 3})
	before := goleak.IgnoreCurrent()
	store := openOn(t, cluster)
	_, err := store.Append(t.Context(), "note-1", eventstore.NoStream, noted()...)
	require.NoError(t, err)
	for range store.Subscribe(t.Context(), eventstore.Position{}, eventstore.Filter{}) {
		break
	}
	require.NoError(t, store.Close())
	cluster.Node(0).DropConnections()
	goleak.VerifyNone(t, before)
}

func TestACallerWhoGivesUpDoesNotCostTheConnection(t *testing.T) {
	cluster := newCluster(t, esdbtest.Config{})
	store := openOn(t, cluster)
	searches := 0
	var mu sync.Mutex
	cluster.Inject(func(c esdbtest.Call) esdbtest.Fault {
		mu.Lock()
		defer mu.Unlock()
		if c.Method == esdbtest.Features {
			searches++
		}
		return esdbtest.Fault{Hang: c.Stream == "note-1"}
	})
	for range 3 {
		_, err := store.Append(within(t, 10*time.Millisecond), "note-1", eventstore.NoStream, noted()...)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		for range store.Subscribe(t.Context(), eventstore.Position{}, eventstore.Filter{}) {
			break
		}
	}
	mu.Lock()
	defer mu.Unlock()
	require.Zero(t, searches)
}

func TestTwoStoresThatAskAtOnceGetOneIDOfTheLog(t *testing.T) {
	cluster := newCluster(t, esdbtest.Config{})
	ids := make(chan string, 8)
	for i := range 8 {
		store := openOn(t, cluster)
		go func() {
			id, err := store.LogID(context.WithoutCancel(t.Context()))
			if err != nil {
				id = fmt.Sprintf("store %d: %v", i, err)
			}
			ids <- id
		}()
	}
	first := <-ids
	require.NotEmpty(t, first)
	for range 7 {
		require.Equal(t, first, <-ids)
	}
	events, err := eventstoretest.Collect(openOn(t, cluster).ReadAll(t.Context(), eventstore.Position{}, eventstore.Forwards, eventstore.Filter{}))
	require.NoError(t, err)
	require.Empty(t, events, "the id is no part of the log")
}
