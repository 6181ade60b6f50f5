package projection_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/internal/pgtest"
	"github.com/skaldgo/skald/projection"
	"github.com/skaldgo/skald/projection/projectiontest"
	"github.com/skaldgo/skald/projection/sqlitedb"
)

// server is the PostgreSQL of this test binary.
var server pgtest.Server

// TestMain also is the program of the projectors that the tests run as processes of their own.
func TestMain(m *testing.M) {
	if text := os.Getenv(childVariable); text != "" {
		os.Exit(beChild(text))
	}
	code := server.Main(m.Run)
	if code == 0 {
		if err := goleak.Find(); err != nil {
			_, _ = os.Stderr.WriteString("goroutines were left: " + err.Error() + "\n")
			code = 1
		}
	}
	os.Exit(code)
}

// ledger is the projection under test. Table entries holds each event once, so an event applied twice breaks its key and
// one left out is missed; balances and totals show that two tables move together.
type ledger struct {
	version int
	filter  eventstore.Filter
	// before is called for each event ahead of its statements, after for each batch behind them.
	before func(eventstore.RecordedEvent) error
	after  func([]eventstore.RecordedEvent)
}

func (l ledger) Spec() projection.Spec {
	return projection.Spec{
		Name: "ledger", Version: max(l.version, 1), Filter: l.filter,
		Tables: []projection.Table{
			{
				Name: "balances", Columns: "account TEXT PRIMARY KEY, cents BIGINT NOT NULL", Options: "WITHOUT ROWID",
				Indexes: []projection.Index{{Name: "balances_cents", On: "cents", Where: "cents > 0"}},
			},
			{Name: "totals", Columns: "one INTEGER PRIMARY KEY, cents BIGINT NOT NULL, version BIGINT NOT NULL"},
			{
				Name: "entries", Columns: "stream TEXT, revision BIGINT, position TEXT",
				Indexes: []projection.Index{{Name: "entries_once", Unique: true, On: "stream, revision"}},
			},
		},
		Views: []projection.View{{Name: "rich", Query: "SELECT account FROM {balances} WHERE cents >= 100"}},
	}
}

func (l ledger) Apply(_ context.Context, tx *projection.Tx, events []eventstore.RecordedEvent) error {
	for _, e := range events {
		if l.before != nil {
			if err := l.before(e); err != nil {
				return err
			}
		}
		var cents int64
		if err := json.Unmarshal(e.Data, &cents); err != nil {
			return err
		}
		for _, s := range []struct {
			query string
			args  []any
		}{
			{`INSERT INTO {balances} VALUES ($1, $2) ON CONFLICT (account) DO UPDATE SET cents = {balances}.cents + $2`,
				[]any{e.Stream, cents}},
			{`INSERT INTO {totals} VALUES (1, $1, $2) ON CONFLICT (one) DO UPDATE SET cents = {totals}.cents + $1`,
				[]any{cents, l.Spec().Version}},
			{`INSERT INTO {entries} VALUES ($1, $2, $3)`, []any{e.Stream, e.Revision, e.Position.String()}},
		} {
			if _, err := tx.Exec(s.query, s.args...); err != nil {
				return err
			}
		}
	}
	if l.after != nil {
		l.after(events)
	}
	return nil
}

// fixture is a log with a read model database.
type fixture struct {
	t     *testing.T
	store eventstore.Store
	db    *sqlitedb.DB
	next  map[string]int64
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{t: t, store: memory.New(), next: map[string]int64{}, db: openDB(t)}
	t.Cleanup(func() { require.NoError(t, f.store.Close()) })
	return f
}

func openDB(t *testing.T) *sqlitedb.DB {
	t.Helper()
	db, err := sqlitedb.Open(t.Context(), filepath.Join(t.TempDir(), "read model?.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// deposit appends one event of so many cents to an account's stream.
func (f *fixture) deposit(account string, cents ...int) {
	f.t.Helper()
	for _, c := range cents {
		f.append("account-"+account, "Deposited", fmt.Sprint(c))
	}
}

func (f *fixture) append(stream, eventType, data string) {
	f.t.Helper()
	id, err := eventstore.NewEventID()
	require.NoError(f.t, err)
	_, err = f.store.Append(context.Background(), stream, eventstore.ExpectedRevision(f.next[stream]),
		eventstore.EventData{ID: id, Type: eventType, Data: []byte(data)})
	require.NoError(f.t, err)
	f.next[stream]++
}

// deposits spreads n events over a few accounts.
func (f *fixture) deposits(n int) {
	f.t.Helper()
	for i := range n {
		f.deposit(fmt.Sprint("a", i%7), i)
	}
}

func (f *fixture) projector(p projection.Projection, change ...func(*projection.Config)) *projection.Projector {
	f.t.Helper()
	cfg := projection.Config{Store: f.store, DB: f.db.Write, Projection: p}
	for _, c := range change {
		c(&cfg)
	}
	projector, err := projection.New(cfg)
	require.NoError(f.t, err)
	return projector
}

func batchSize(n int) func(*projection.Config) { return func(c *projection.Config) { c.BatchSize = n } }

func quarantine(c *projection.Config) { c.OnPoison = projection.QuarantineStream }

// status reads the tables alone, as another process would.
func (f *fixture) status() projection.Status {
	f.t.Helper()
	s, err := projection.ReadStatus(f.t.Context(), f.db.Read, "ledger", time.Now())
	require.NoError(f.t, err)
	return s
}

func (f *fixture) dump() string {
	f.t.Helper()
	return dump(f.t, f.db.Read)
}

func dump(t *testing.T, q projection.Querier) string {
	t.Helper()
	text, err := projectiontest.Dump(t.Context(), q, "balances", "totals", "entries", "rich")
	require.NoError(t, err)
	return text
}

// fold is what the read model must hold: the log applied from the beginning to an empty database, in one go.
func (f *fixture) fold(l ledger) string {
	f.t.Helper()
	l.before, l.after = nil, nil
	other := &fixture{t: f.t, store: f.store, db: openDB(f.t)}
	require.NoError(f.t, other.projector(l).CatchUp(f.t.Context()))
	return other.dump()
}

// scratch lists tables and views that a rebuild has left behind.
func (f *fixture) scratch() (names []string) {
	f.t.Helper()
	rows, err := f.db.Read.Query(`SELECT name FROM sqlite_master WHERE name LIKE '%rebuild%'`)
	require.NoError(f.t, err)
	defer rows.Close()
	for rows.Next() {
		var name string
		require.NoError(f.t, rows.Scan(&name))
		names = append(names, name)
	}
	require.NoError(f.t, rows.Err())
	return names
}

// run starts Run and returns a function that ends it and gives its result; at the end of the test it has ended.
func run(t *testing.T, p *projection.Projector) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	result := make(chan error, 1)
	go func() { result <- p.Run(ctx) }()
	stop = sync.OnceValue(func() error {
		cancel()
		return <-result
	})
	t.Cleanup(func() { _ = stop() })
	return stop
}

// soon is a context for what has to return by itself: when it does not, the test fails and is not held up.
func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// signal returns a hook for ledger.after that tells of each event applied, for tests that wait for one.
func signal() (hook func([]eventstore.RecordedEvent), wait func(t *testing.T, stream string, revision int64)) {
	seen := make(chan eventstore.RecordedEvent, 100_000)
	hook = func(events []eventstore.RecordedEvent) {
		for _, e := range events {
			seen <- e
		}
	}
	return hook, func(t *testing.T, stream string, revision int64) {
		t.Helper()
		timeout := time.After(20 * time.Second)
		for {
			select {
			case e := <-seen:
				if e.Stream == stream && e.Revision == revision {
					return
				}
			case <-timeout:
				require.FailNow(t, "event was not applied", "%s %d", stream, revision)
			}
		}
	}
}

// eventually waits for something that another goroutine or process brings about in the database.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, 20*time.Second, 2*time.Millisecond, what)
}
