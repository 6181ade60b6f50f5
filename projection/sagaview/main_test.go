package sagaview_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/projection"
	"github.com/skaldgo/skald/projection/projectiontest"
	"github.com/skaldgo/skald/projection/sagaview"
	"github.com/skaldgo/skald/projection/sqlitedb"
	"github.com/skaldgo/skald/saga"
)

var (
	noon   = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	tables = []string{"sagas", "saga_steps", "saga_parked", "saga_counts"}
)

// fixture is a log with a read model of its sagas. now is the clock of the projection and of whoever appends.
type fixture struct {
	t     require.TestingT
	store eventstore.Store
	db    *sqlitedb.DB
	now   time.Time
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	f := &fixture{t: t, store: memory.New(), db: openDB(t), now: noon}
	t.Cleanup(func() { require.NoError(t, f.store.Close()) })
	return f
}

func openDB(t testing.TB) *sqlitedb.DB {
	t.Helper()
	db, err := sqlitedb.Open(t.Context(), filepath.Join(t.TempDir(), "readmodel.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func (f *fixture) pass(d time.Duration) { f.now = f.now.Add(d) }

func newView(t require.TestingT) *sagaview.View {
	view, err := sagaview.New(sagaview.Config{})
	require.NoError(t, err)
	return view
}

func (f *fixture) projector(change ...func(*projection.Config)) *projection.Projector {
	cfg := projection.Config{
		Store: f.store, DB: f.db.Write, Projection: newView(f.t), Clock: func() time.Time { return f.now },
	}
	for _, c := range change {
		c(&cfg)
	}
	p, err := projection.New(cfg)
	require.NoError(f.t, err)
	return p
}

func batchSize(n int) func(*projection.Config) { return func(c *projection.Config) { c.BatchSize = n } }

func quarantine(c *projection.Config) { c.OnPoison = projection.QuarantineStream }

// catchUp applies the whole log.
func (f *fixture) catchUp() {
	require.NoError(f.t, f.projector().CatchUp(context.Background()))
}

func (f *fixture) list(q sagaview.Query) sagaview.Page {
	page, err := sagaview.List(context.Background(), f.db.Read, q)
	require.NoError(f.t, err)
	return page
}

// ids lists the ids of the sagas that a query chooses, in its order.
func (f *fixture) ids(q sagaview.Query) []string {
	ids := []string{}
	for _, s := range f.list(q).Sagas {
		ids = append(ids, s.ID)
	}
	return ids
}

func (f *fixture) count() sagaview.Totals {
	totals, err := sagaview.Count(context.Background(), f.db.Read)
	require.NoError(f.t, err)
	return totals
}

func (f *fixture) dump() string {
	text, err := projectiontest.Dump(context.Background(), f.db.Read, append(tables, "active_sagas", "stuck_sagas")...)
	require.NoError(f.t, err)
	return text
}

// query returns rows as maps from column to value.
func query(t require.TestingT, db *sql.DB, text string, args ...any) []map[string]any {
	rows, err := db.QueryContext(context.Background(), text, args...)
	require.NoError(t, err)
	defer rows.Close()
	columns, err := rows.Columns()
	require.NoError(t, err)
	found := []map[string]any{}
	for rows.Next() {
		values, targets := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			targets[i] = &values[i]
		}
		require.NoError(t, rows.Scan(targets...))
		row := map[string]any{}
		for i, c := range columns {
			row[c] = values[i]
		}
		found = append(found, row)
	}
	require.NoError(t, rows.Err())
	return found
}

// append puts events of any kind into a stream.
func (f *fixture) append(stream, eventType, data string) {
	id, err := eventstore.NewEventID()
	require.NoError(f.t, err)
	meta := eventstore.Metadata{Schema: 1, At: f.now}
	_, err = f.store.Append(context.Background(), stream, eventstore.Any, eventstore.EventData{
		ID: id, Type: eventType, Data: []byte(data), Metadata: meta.AppendJSON(nil),
	})
	require.NoError(f.t, err)
}

func ref(name string, id int) saga.Ref { return saga.Ref{Name: name, ID: fmt.Sprint(id)} }
