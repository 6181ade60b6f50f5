package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/eventstoretest"
	"github.com/skaldgo/skald/eventstore/postgres"
)

// book is the outside record of a test: what was acknowledged, by stream.
type book struct {
	mu   sync.Mutex
	ids  map[string][]eventstore.EventID
	seen map[error]int // the errors met, by sentinel
}

func newBook() *book {
	return &book{ids: map[string][]eventstore.EventID{}, seen: map[error]int{}}
}

// write appends to one stream until it is told to stop, repeats what is unknown, and records what was acknowledged. It
// trusts nothing but the acknowledgements.
func (b *book) write(ctx context.Context, store eventstore.Store, stream string, stop *atomic.Bool) error {
	for revision := int64(-1); !stop.Load(); {
		events := eventstoretest.Events(2, "NoteTaken")
		for {
			result, err := store.Append(ctx, stream, eventstore.Exactly(revision), events...)
			if err == nil {
				b.acknowledge(stream, events)
				revision = result.Revision
				break
			}
			if sentinel := b.passing(err); sentinel == nil {
				return fmt.Errorf("append to %s after revision %d: %w", stream, revision, err)
			}
			if stop.Load() && errors.Is(err, eventstore.ErrUnavailable) {
				return nil // surely not stored
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
}

// passing counts an error after which the identical call is repeated, and returns nil for any other.
func (b *book) passing(err error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, sentinel := range []error{eventstore.ErrUnavailable, eventstore.ErrIndeterminate} {
		if errors.Is(err, sentinel) {
			b.seen[sentinel]++
			return sentinel
		}
	}
	return nil
}

// requireHeld checks that the log holds what was acknowledged and nothing else.
func (b *book) requireHeld(t *testing.T, store eventstore.Store) {
	t.Helper()
	for stream, ids := range b.ids {
		events, err := eventstoretest.Collect(store.ReadStream(t.Context(), stream, 0, eventstore.Forwards))
		require.NoError(t, err)
		require.Len(t, events, len(ids), stream)
		for i := range events {
			require.Equal(t, ids[i], events[i].ID, "event %d of %s", i, stream)
		}
	}
	eventstoretest.Check(t, store)
}

// underLoad writes from eight callers over two stores while something happens to the server.
func underLoad(t *testing.T, cfg postgres.Config, happens func()) (*book, eventstore.Store) {
	t.Helper()
	stores := []eventstore.Store{open(t, cfg), open(t, cfg)}
	b := newBook()
	var stop atomic.Bool
	var callers sync.WaitGroup
	failed := make(chan error, 8)
	for i := range 8 {
		callers.Go(func() {
			if err := b.write(t.Context(), stores[i%2], fmt.Sprintf("note-%d", i), &stop); err != nil {
				failed <- err
			}
		})
	}
	happens()
	stop.Store(true)
	callers.Wait()
	close(failed)
	for err := range failed {
		require.NoError(t, err)
	}
	return b, stores[0]
}

// awaitProgress returns when more was acknowledged, which shows that the stores have recovered by themselves.
func (b *book) awaitProgress(t *testing.T, cfg postgres.Config) {
	t.Helper()
	store := open(t, cfg)
	head := func() eventstore.Position {
		for e, err := range store.ReadAll(t.Context(), eventstore.Position{}, eventstore.Backwards, eventstore.Filter{}) {
			require.NoError(t, err)
			return e.Position
		}
		return eventstore.Position{}
	}
	before := head()
	require.Eventually(t, func() bool { return head().Since(before) > 100 }, time.Minute, 5*time.Millisecond)
}

func TestAServerThatIsKilledLosesNothingThatWasAcknowledged(t *testing.T) {
	cluster := newCluster(t)
	cfg := postgres.Config{URL: cluster.URL()}
	var b *book
	b, store := underLoad(t, cfg, func() {
		for range 3 {
			(&book{}).awaitProgress(t, cfg)
			require.NoError(t, cluster.Kill(t.Context()))
			require.NoError(t, cluster.Start(t.Context()))
		}
		(&book{}).awaitProgress(t, cfg)
	})
	require.NotZero(t, b.seen[eventstore.ErrUnavailable], "the kills were not noticed: %v", b.seen)
	b.requireHeld(t, store)
}

func TestSessionsThatAreEndedByAnAdministratorLoseNothing(t *testing.T) {
	cfg := newConfig(t)
	b, store := underLoad(t, cfg, func() {
		for range 20 {
			(&book{}).awaitProgress(t, cfg)
			psql(t, cfg, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'skald' AND pid <> pg_backend_pid()`)
		}
		(&book{}).awaitProgress(t, cfg)
	})
	b.requireHeld(t, store)
}

func TestASubscriptionOutlivesTheEndOfItsSessions(t *testing.T) {
	cfg := newConfig(t)
	store := open(t, cfg)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	delivered := 0
	for m, err := range store.Subscribe(ctx, eventstore.Position{}, eventstore.Filter{}) {
		require.NoError(t, err)
		if m.Kind != eventstore.KindCaughtUp {
			delivered++
			continue
		}
		if delivered == 10 {
			break
		}
		psql(t, cfg, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'skald' AND pid <> pg_backend_pid()`)
		_, err := store.Append(ctx, fmt.Sprintf("note-%d", delivered), eventstore.NoStream, eventstoretest.Events(1, "NoteTaken")...)
		require.NoError(t, err)
	}
	require.Equal(t, 10, delivered)
}

func TestAProcessThatIsFrozenWithTheHeadHoldsOthersUpForSecondsOnly(t *testing.T) {
	cfg := newConfig(t)
	store := open(t, cfg)
	config, err := pgx.ParseConfig(cfg.URL)
	require.NoError(t, err)
	// What a store asks of the server for each of its sessions.
	config.RuntimeParams["search_path"] = cfg.Schema
	config.RuntimeParams["idle_in_transaction_session_timeout"] = "2000"
	frozen, err := pgx.ConnectConfig(t.Context(), config)
	require.NoError(t, err)
	defer func() { _ = frozen.Close(background()) }()
	_, err = frozen.Exec(t.Context(), `BEGIN`)
	require.NoError(t, err)
	_, err = frozen.Exec(t.Context(), `SELECT head FROM log FOR UPDATE`)
	require.NoError(t, err)

	_, err = store.Append(t.Context(), "note-1", eventstore.NoStream, eventstoretest.Events(1, "NoteTaken")...)
	require.NoError(t, err)
}

func TestAnAppendThatWaitsForTheHeadIsWithdrawnWithItsContextAndWithTheStore(t *testing.T) {
	cfg := newConfig(t)
	store := open(t, cfg)
	config, err := pgx.ParseConfig(cfg.URL)
	require.NoError(t, err)
	config.RuntimeParams["search_path"] = cfg.Schema
	holder, err := pgx.ConnectConfig(t.Context(), config)
	require.NoError(t, err)
	defer func() { require.NoError(t, holder.Close(background())) }()
	_, err = holder.Exec(t.Context(), `BEGIN; SELECT head FROM log FOR UPDATE`)
	require.NoError(t, err)

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = store.Append(ctx, "note-1", eventstore.NoStream, eventstoretest.Events(1, "NoteTaken")...)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NotErrorIs(t, err, eventstore.ErrIndeterminate)

	waiting := make(chan error, 1)
	go func() {
		_, err := store.Append(t.Context(), "note-2", eventstore.NoStream, eventstoretest.Events(1, "NoteTaken")...)
		waiting <- err
	}()
	require.NoError(t, store.Close())
	require.ErrorIs(t, <-waiting, eventstore.ErrClosed)
	_, err = holder.Exec(t.Context(), `COMMIT`)
	require.NoError(t, err)
	events, err := eventstoretest.Collect(open(t, cfg).ReadAll(t.Context(), eventstore.Position{}, eventstore.Forwards, eventstore.Filter{}))
	require.NoError(t, err)
	require.Empty(t, events)
}

func TestAReplicaTakesNoAppendAndSaysSo(t *testing.T) {
	cfg := newConfig(t)
	open(t, cfg)
	cfg.URL += "&default_transaction_read_only=on"
	store := open(t, cfg)
	_, err := store.Append(t.Context(), "note-1", eventstore.NoStream, eventstoretest.Events(1, "NoteTaken")...)
	require.NoError(t, err, "the store asks for a transaction that may write")

	cfg.ReadOnly = true
	reading := open(t, cfg)
	_, err = reading.Append(t.Context(), "note-1", eventstore.Exactly(0), eventstoretest.Events(1, "NoteTaken")...)
	require.ErrorIs(t, err, eventstore.ErrDenied)
	_, err = reading.Lock(t.Context(), "orders")
	require.ErrorIs(t, err, eventstore.ErrDenied)
	eventstoretest.Check(t, reading)
}

func TestRowsThatWereChangedBehindTheStoresBackAreNamed(t *testing.T) {
	for name, c := range map[string]struct{ change, says string }{
		"data":    {`UPDATE events SET data = '{}' WHERE position = 2`, `event 1 of stream "note-1", at position 2, is not what was written`},
		"moved":   {`UPDATE events SET stream_no = 2, revision = 9 WHERE position = 3`, `at position 3, is not what was written`},
		"missing": {`DELETE FROM events WHERE position = 2`, `the event at position 2 is missing`},
		"tail":    {`DELETE FROM events WHERE position = 4`, `the event at position 4 is missing`},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := newConfig(t)
			store := open(t, cfg)
			for i, stream := range []string{"note-1", "note-2"} {
				_, err := store.Append(t.Context(), stream, eventstore.NoStream, eventstoretest.Events(3-i, "NoteTaken")...)
				require.NoError(t, err)
			}
			psql(t, cfg, `ALTER TABLE events DISABLE TRIGGER ALL; `+c.change)
			for _, dir := range []eventstore.Direction{eventstore.Forwards, eventstore.Backwards} {
				_, err := eventstoretest.Collect(store.ReadAll(t.Context(), eventstore.Position{}, dir, eventstore.Filter{}))
				require.ErrorIs(t, err, eventstore.ErrCorrupt)
				require.ErrorContains(t, err, c.says)
			}
		})
	}
}
