package sagaview_test

import (
	"context"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/internal/pgtest"
	"github.com/skaldgo/skald/projection"
	"github.com/skaldgo/skald/projection/pgdb"
	"github.com/skaldgo/skald/projection/sagaview"
	"github.com/skaldgo/skald/projection/sqlitedb"
	"github.com/skaldgo/skald/saga"
)

// server is the PostgreSQL of this test binary.
var server pgtest.Server

func TestMain(m *testing.M) {
	code := server.Main(m.Run)
	if code == 0 {
		if err := goleak.Find(); err != nil {
			_, _ = os.Stderr.WriteString("goroutines were left: " + err.Error() + "\n")
			code = 1
		}
	}
	os.Exit(code)
}

func openPostgres(t testing.TB) *pgdb.DB {
	t.Helper()
	db, err := pgdb.Open(t.Context(), server.URL(t), "views_of_sagas")
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := db.Write.Exec(`DROP SCHEMA views_of_sagas CASCADE`)
		require.NoError(t, err)
		require.NoError(t, db.Close())
	})
	return db
}

func onPostgres(db *pgdb.DB) func(*projection.Config) {
	return func(c *projection.Config) { c.DB, c.Dialect = db.Write, db.Dialect() }
}

// Whatever happens to sagas, PostgreSQL holds the rows that SQLite holds, and answers every query alike.
func TestPostgreSQLAndSQLiteHoldTheSameRowsOfTheSameLog(t *testing.T) {
	lite, pg := openDB(t), openPostgres(t)
	rapid.Check(t, func(t *rapid.T) {
		f := &fixture{t: t, store: memory.New(), db: lite, now: noon}
		defer f.store.Close()
		want := expect(f.walk(t))
		require.NoError(t, f.projector(batchSize(7)).Rebuild(context.Background()))
		require.NoError(t, f.projector(batchSize(5), onPostgres(pg)).Rebuild(context.Background()))
		there := &fixture{t: t, store: f.store, db: &sqlitedb.DB{Write: pg.Write, Read: pg.Read}, now: f.now}
		want.requireRows(t, there, "in PostgreSQL")
		require.Equal(t, f.dump(), there.dump())
		require.Equal(t, f.count(), there.count())
		for _, q := range []sagaview.Query{{}, {Parent: saga.Ref{Name: "Walk", ID: "0"}}, {Open: true}, {Parked: true}, {Stuck: true}, {Names: []string{"Way.2"}}, {Limit: 2}} {
			require.Equal(t, f.list(q), there.list(q), "%+v", q)
		}
	})
}
