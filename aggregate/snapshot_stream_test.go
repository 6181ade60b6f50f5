package aggregate_test

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/aggregate/aggregatetest"
	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
)

func snapshotAt(revision int64, state string) aggregate.Snapshot {
	return aggregate.Snapshot{
		Head:   aggregate.Head{Stream: "account-7", Revision: revision, Hash: [32]byte{1, byte(revision)}},
		Chain:  aggregate.ChainReport{First: 2, Events: revision - 1, Unhashed: 3},
		Schema: 5, Fence: 1 << 60, State: []byte(state),
	}
}

func TestASnapshotInAStreamComesBackAsItWas(t *testing.T) {
	store := memory.New()
	snapshots := aggregate.NewStreamSnapshots(store)
	_, found, err := snapshots.LatestSnapshot(t.Context(), "account-7")
	require.NoError(t, err)
	require.False(t, found)
	for revision := int64(100); revision < 104; revision++ {
		want := snapshotAt(revision, `{"name": "A < B",  "n":[1, 2.50]}`)
		want.Head.Revision *= 10
		require.NoError(t, snapshots.SaveSnapshot(t.Context(), want))
		got, found, err := snapshots.LatestSnapshot(t.Context(), "account-7")
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, want, got)
	}
	require.ErrorIs(t, snapshots.SaveSnapshot(t.Context(), snapshotAt(2000, "no JSON")), aggregate.ErrSnapshotUnusable)
}

func TestSnapshotsInAStreamDoNotMakeALogGrowForNothing(t *testing.T) {
	store := &faulty{Store: memory.New()}
	snapshots := aggregate.NewStreamSnapshots(store)
	saved := func(s aggregate.Snapshot) bool {
		before := len(store.calls)
		require.NoError(t, snapshots.SaveSnapshot(t.Context(), s))
		return len(store.calls) > before
	}
	big := `"` + strings.Repeat("x", 256*100-2) + `"`
	require.False(t, saved(snapshotAt(98, big)), "larger than the events that it spares")
	require.True(t, saved(snapshotAt(99, big)))
	require.False(t, saved(snapshotAt(99, "1")), "the same again")
	require.False(t, saved(snapshotAt(198, big)))
	require.True(t, saved(snapshotAt(199, big)))

	older := snapshotAt(1000, "1")
	older.Schema--
	require.False(t, saved(older), "a newer program's is not replaced")
	newer := snapshotAt(199, "1")
	newer.Schema++
	require.True(t, saved(newer))
	huge := newer
	huge.Head.Revision, huge.State = 1<<20, []byte(`"`+strings.Repeat("x", eventstore.MaxAppendBytes)+`"`)
	require.NoError(t, snapshots.SaveSnapshot(t.Context(), huge), "too large for the store")
}

func TestADamagedSnapshotInAStreamIsFoundAndReplaced(t *testing.T) {
	clean := &faulty{Store: memory.New()}
	require.NoError(t, aggregate.NewStreamSnapshots(clean).SaveSnapshot(t.Context(), snapshotAt(1234, `{"balance":7}`)))
	event := clean.calls[0].events[0]
	for i := range event.Data {
		data := bytes.Clone(event.Data)
		data[i] ^= 1
		store := memory.New()
		damaged := event
		damaged.Data = data
		_, err := store.Append(t.Context(), "snapshot:account-7", eventstore.NoStream, damaged)
		require.NoError(t, err)
		snapshots := aggregate.NewStreamSnapshots(store)
		got, found, err := snapshots.LatestSnapshot(t.Context(), "account-7")
		if err == nil { // a letter of the name of a member that may be missing, for instance, or of a digit's case
			require.Equal(t, snapshotAt(1234, `{"balance":7}`), got, "%s", data)
			continue
		}
		require.ErrorIs(t, err, aggregate.ErrSnapshotUnusable)
		require.False(t, found)
		require.NoError(t, snapshots.SaveSnapshot(t.Context(), snapshotAt(1235, `1`)))
		got, _, err = snapshots.LatestSnapshot(t.Context(), "account-7")
		require.NoError(t, err)
		require.Equal(t, snapshotAt(1235, `1`), got)
	}
}

func TestWritersOfSnapshotsDoNotHarmEachOther(t *testing.T) {
	k := keep(t, memory.New())
	k.deposit(t, "7", 90)
	var writers sync.WaitGroup
	for range 8 {
		writers.Go(func() {
			other := keep(t, k.store.Store, func(c *aggregate.Config[*Account]) {
				c.ConflictRetries = 7 * 20 // the others append no more often
			})
			for range 20 {
				_, err := other.Execute(t.Context(), "7", Deposit{Amount: 1}, aggregate.Envelope{})
				if err != nil {
					panic(err)
				}
			}
			if len(other.told) > 0 {
				panic(fmt.Sprint(other.told))
			}
		})
	}
	writers.Wait()
	loaded, read := k.load(t, "7")
	require.Equal(t, 89+160, loaded.Aggregate.Balance)
	require.Less(t, read, 64+160, "a snapshot was used")
	require.Equal(t, k.whole(t, "7"), loaded)
}

// Whatever is appended and loaded, with any snapshots between, the account is what all its events say.
func TestG25ASnapshotAndTheRestIsTheWhole(t *testing.T) {
	used := 0
	rapid.Check(t, func(t *rapid.T) {
		k := keep(t, memory.New(), func(c *aggregate.Config[*Account]) {
			c.SnapshotEvery = rapid.IntRange(1, 70).Draw(t, "every")
		})
		for range rapid.IntRange(1, 6).Draw(t, "rounds") {
			k.deposit(t, "7", rapid.IntRange(1, 120).Draw(t, "events"))
			loaded, read := k.load(t, "7")
			require.Equal(t, k.whole(t, "7"), loaded)
			if read <= int(loaded.Head.Revision) {
				used++
			}
			require.Empty(t, k.told)
		}
	})
	require.NotZero(t, used, "no snapshot was used")
}

func TestAnAccountCanBeKeptAfterEveryEvent(t *testing.T) {
	aggregatetest.RequireSnapshots[Command, Event](t, func() *Account { return NewAccount("7") },
		Opened{Owner: "Ada"}, Deposited{Amount: 5}, Withdrawn{Amount: 3})
}
