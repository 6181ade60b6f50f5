package aggregate_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/eventstoretest"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/eventstore/postgres"
	"github.com/skaldgo/skald/eventstore/sqlite"
)

// keeping is a repository with snapshots, and what it has told of them.
type keeping struct {
	*accounts
	store *faulty
	read  int // events of the account read since the last look
	told  []error
}

// tester is what testing.T and rapid.T have in common.
type tester interface {
	require.TestingT
	Helper()
	Context() context.Context
}

// keep returns a repository that saves a snapshot every 100 events, over a store.
func keep(t tester, store eventstore.Store, change ...func(*aggregate.Config[*Account])) *keeping {
	t.Helper()
	k := &keeping{store: &faulty{Store: store}}
	k.store.reading = func(ev *eventstore.RecordedEvent) bool {
		if !strings.HasPrefix(ev.Stream, aggregate.SnapshotPrefix) {
			k.read++
		}
		return true
	}
	registry, err := NewRegistry()
	require.NoError(t, err)
	cfg := aggregate.Config[*Account]{
		Store: k.store, Registry: registry, Category: "account", New: NewAccount,
		Snapshots: aggregate.NewStreamSnapshots(k.store), SnapshotEvery: 100,
		OnSnapshot: func(_ string, why error) { k.told = append(k.told, why) },
	}
	for _, f := range change {
		f(&cfg)
	}
	repository, err := aggregate.NewRepository(cfg)
	require.NoError(t, err)
	k.accounts = repository
	return k
}

// deposit appends so many deposits of 1, a few hundred at a time, beginning with an Opened when the stream is new.
func (k *keeping) deposit(t tester, id string, count int) aggregate.Head {
	t.Helper()
	head := aggregate.NewHead(k.Stream(id))
	if loaded, err := k.Load(t.Context(), id); err == nil {
		head = loaded.Head
	}
	events := make([]Event, count)
	for i := range events {
		events[i] = Deposited{Amount: 1}
	}
	if head.Revision < 0 {
		events[0] = Opened{Owner: "Ada"}
	}
	for len(events) > 0 {
		n := min(len(events), 300)
		var err error
		head, err = k.Append(t.Context(), head, events[:n], aggregate.Envelope{Fence: 7})
		require.NoError(t, err)
		events = events[n:]
	}
	return head
}

// load returns the account, and how many of its events that took.
func (k *keeping) load(t tester, id string) (aggregate.Loaded[*Account], int) {
	t.Helper()
	k.read, k.told = 0, nil
	loaded, err := k.Load(t.Context(), id)
	require.NoError(t, err)
	return loaded, k.read
}

// whole is the account as all its events tell it.
func (k *keeping) whole(t tester, id string) aggregate.Loaded[*Account] {
	t.Helper()
	loaded, err := keep(t, k.store.Store, func(c *aggregate.Config[*Account]) { c.Snapshots = nil }).Load(t.Context(), id)
	require.NoError(t, err)
	return loaded
}

// G25: in every store.
func TestG25ALongStreamIsLoadedFromItsSnapshot(t *testing.T) {
	for name, open := range map[string]func(t *testing.T) eventstore.Store{
		"memory": func(*testing.T) eventstore.Store { return memory.New() },
		"sqlite": func(t *testing.T) eventstore.Store {
			store, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "events.db")})
			require.NoError(t, err)
			return store
		},
		"postgres": func(t *testing.T) eventstore.Store {
			store, err := postgres.Open(t.Context(), postgres.Config{URL: server.URL(t), Schema: fmt.Sprint("aggregate_", os.Getpid())})
			require.NoError(t, err)
			return store
		},
	} {
		t.Run(name, func(t *testing.T) {
			store := open(t)
			defer func() { require.NoError(t, store.Close()) }()
			k := keep(t, store)
			k.deposit(t, "7", 500)
			loaded, read := k.load(t, "7")
			require.Equal(t, 500, read, "there was no snapshot yet")
			require.Equal(t, 499, loaded.Aggregate.Balance)

			k.deposit(t, "7", 20)
			loaded, read = k.load(t, "7")
			require.Equal(t, k.whole(t, "7"), loaded)
			require.Equal(t, uint64(7), loaded.Fence)
			require.Equal(t, 64+1+20, read, "the first ones, the snapshot's own, and those behind it")
			require.Empty(t, k.told)
			execute(t, k.accounts, "7", Deposit{Amount: 1})
			eventstoretest.Check(t, store)
		})
	}
}

func TestAShortStreamIsLoadedWithoutALookForASnapshot(t *testing.T) {
	k := keep(t, memory.New(), func(c *aggregate.Config[*Account]) { c.Snapshots = brokenSnapshots{} })
	k.deposit(t, "7", 63)
	_, read := k.load(t, "7")
	require.Equal(t, 63, read)
	require.Empty(t, k.told)
	k.deposit(t, "7", 1)
	k.load(t, "7")
	require.ErrorIs(t, k.told[0], errBroken)
}

// brokenSnapshots is a store of snapshots that fails.
type brokenSnapshots struct{}

var errBroken = errors.New("broken")

func (brokenSnapshots) SaveSnapshot(context.Context, aggregate.Snapshot) error { return errBroken }
func (brokenSnapshots) LatestSnapshot(context.Context, string) (aggregate.Snapshot, bool, error) {
	return aggregate.Snapshot{}, false, errBroken
}

func TestSnapshotsThatFailStopNothing(t *testing.T) {
	k := keep(t, memory.New(), func(c *aggregate.Config[*Account]) { c.Snapshots = brokenSnapshots{} })
	k.deposit(t, "7", 500)
	loaded, _ := k.load(t, "7")
	require.Equal(t, k.whole(t, "7"), loaded)
	require.Len(t, k.told, 2, "neither could be read nor saved")
	result := execute(t, k.accounts, "7", Deposit{Amount: 1})
	require.Equal(t, int64(500), result.Head.Revision)
}

// one is a store of one snapshot.
type one struct{ snapshot aggregate.Snapshot }

func (o *one) SaveSnapshot(_ context.Context, s aggregate.Snapshot) error { o.snapshot = s; return nil }
func (o *one) LatestSnapshot(context.Context, string) (aggregate.Snapshot, bool, error) {
	return o.snapshot, true, nil
}

func TestASnapshotThatDoesNotFitIsDiscardedAndReplaced(t *testing.T) {
	for name, spoil := range map[string]func(*aggregate.Snapshot){
		"of another history":             func(s *aggregate.Snapshot) { s.Head.Hash[7]++ },
		"without a hash":                 func(s *aggregate.Snapshot) { s.Head.Hash = [32]byte{} },
		"of the event before":            func(s *aggregate.Snapshot) { s.Head.Revision--; s.Chain.Events-- },
		"of the event after":             func(s *aggregate.Snapshot) { s.Head.Revision++; s.Chain.Events++ },
		"of a future event":              func(s *aggregate.Snapshot) { s.Head.Revision += 100; s.Chain.Events += 100 },
		"of another stream":              func(s *aggregate.Snapshot) { s.Head.Stream = "account-8" },
		"of an older version":            func(s *aggregate.Snapshot) { s.Schema-- },
		"of a newer version":             func(s *aggregate.Snapshot) { s.Schema++ },
		"of a stream whose front is cut": func(s *aggregate.Snapshot) { s.Chain.First++; s.Chain.Events-- },
		"that counts events wrongly":     func(s *aggregate.Snapshot) { s.Chain.Events-- },
		"that cannot be read":            func(s *aggregate.Snapshot) { s.State = []byte(`{"balance":"much"}`) },
	} {
		t.Run(name, func(t *testing.T) {
			only := &one{}
			k := keep(t, memory.New(), func(c *aggregate.Config[*Account]) { c.Snapshots = only })
			k.deposit(t, "7", 500)
			k.load(t, "7")
			k.deposit(t, "7", 10)
			only.snapshot.State = []byte(`{"open":true,"balance":1000000}`)
			spoil(&only.snapshot)
			loaded, read := k.load(t, "7")
			require.Equal(t, k.whole(t, "7"), loaded)
			require.GreaterOrEqual(t, read, 510)
			require.ErrorIs(t, k.told[0], aggregate.ErrSnapshotUnusable)
			_, read = k.load(t, "7")
			require.Less(t, read, 100)
		})
	}
}
