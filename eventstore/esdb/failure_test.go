package esdb_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/eventstoretest"
	"github.com/skaldgo/skald/internal/esdbtest"
	"github.com/skaldgo/skald/internal/proof"
)

// book is the outside record of a test: what was acknowledged, by stream.
type book struct {
	mu    sync.Mutex
	ids   map[string][]eventstore.EventID
	seen  map[error]int64 // the errors met, by sentinel
	count atomic.Int64    // appends that were acknowledged
}

// write appends to one stream until it is told to stop, repeats what is unknown, and records what was acknowledged. It
// trusts nothing but the acknowledgements.
func (b *book) write(t *testing.T, store eventstore.Store, stream string, stop *atomic.Bool) error {
	for revision := int64(-1); !stop.Load(); {
		events := eventstoretest.Events(2, "NoteTaken")
		for {
			result, err := store.Append(t.Context(), stream, eventstore.Exactly(revision), events...)
			if err == nil {
				b.acknowledge(stream, events)
				revision = result.Revision
				break
			}
			if !b.passing(err) {
				return fmt.Errorf("append to %s after revision %d: %w", stream, revision, err)
			}
		}
	}
	return nil
}

func (b *book) acknowledge(stream string, events []eventstore.EventData) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range events {
		b.ids[stream] = append(b.ids[stream], events[i].ID)
	}
	b.count.Add(1)
}

// passing counts an error after which the identical call is repeated, and returns false for any other.
func (b *book) passing(err error) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, sentinel := range []error{eventstore.ErrUnavailable, eventstore.ErrIndeterminate} {
		if errors.Is(err, sentinel) {
			b.seen[sentinel]++
			return true
		}
	}
	return false
}

// requireHeld checks that the log holds what was acknowledged and nothing else.
func (b *book) requireHeld(t *testing.T, store eventstore.Store) {
	t.Helper()
	for stream, ids := range b.ids {
		events := readStream(t, store, stream)
		require.Len(t, events, len(ids), stream)
		for i := range events {
			require.Equal(t, ids[i], events[i].ID, "event %d of %s", i, stream)
		}
	}
	eventstoretest.Check(t, store)
}

// awaitProgress returns when more was acknowledged, which shows that the stores have recovered by themselves.
func (b *book) awaitProgress(t *testing.T, appends int64) {
	t.Helper()
	before := b.count.Load()
	require.Eventually(t, func() bool { return b.count.Load() >= before+appends }, time.Minute, time.Millisecond)
}

func TestNodesThatAreKilledUnderLoadLoseNothingThatWasAcknowledged(t *testing.T) {
	cluster := newCluster(t, esdbtest.Config{Nodes: 3, CommitTimeout: 200 * time.Millisecond})
	cluster.Inject(func(c esdbtest.Call) esdbtest.Fault {
		if c.Method == esdbtest.Append && c.Number%50 == 0 {
			return esdbtest.Fault{CommitDelay: 20 * time.Millisecond} // so that kills meet writes that are not committed
		}
		return esdbtest.Fault{DropReply: c.Method == esdbtest.Append && c.Number%97 == 0, Disconnect: c.Number%97 == 0}
	})
	stores := []eventstore.Store{openOn(t, cluster), openOn(t, cluster)}
	b := &book{ids: map[string][]eventstore.EventID{}, seen: map[error]int64{}}
	var stop atomic.Bool
	var callers sync.WaitGroup
	failed := make(chan error, 8)
	for i := range 8 {
		callers.Go(func() {
			if err := b.write(t, stores[i%2], fmt.Sprintf("note-%d", i), &stop); err != nil {
				failed <- err
			}
		})
	}
	kills := proof.Count("KILLS", 12)
	for i := range kills {
		b.awaitProgress(t, 10)
		switch node := cluster.Node(leader(cluster)); i % 4 {
		case 3:
			node.Partition()
			b.awaitProgress(t, 3)
			node.Heal()
		case 2:
			_ = cluster.Elect((leader(cluster) + 1) % 3)
		default:
			node.Kill()
			b.awaitProgress(t, 3)
			require.NoError(t, node.Start())
		}
	}
	b.awaitProgress(t, 10)
	stop.Store(true)
	callers.Wait()
	close(failed)
	for err := range failed {
		require.NoError(t, err)
	}
	require.NotZero(t, b.seen[eventstore.ErrIndeterminate], "nothing was interrupted: %v", b.seen)
	cluster.Inject(nil)
	b.requireHeld(t, stores[0])
	proof.Record(t, proof.Result{Part: "eventstoredb-failover", Figures: map[string]int64{
		"kills, elections and partitions": int64(kills), "appends acknowledged": b.count.Load(),
		"appends of unknown outcome": b.seen[eventstore.ErrIndeterminate], "appends refused": b.seen[eventstore.ErrUnavailable],
	}})
}
