package projection_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/projection"
	"github.com/skaldgo/skald/projection/pgdb"
	"github.com/skaldgo/skald/projection/sqlitedb"
)

// place is where a read model is, as any process can open it.
type place struct {
	Dialect projection.Dialect
	At      string // path or URL
	Schema  string
}

func (p place) open(ctx context.Context) (*sqlitedb.DB, error) {
	if p.Dialect == projection.SQLite {
		return sqlitedb.Open(ctx, p.At)
	}
	db, err := pgdb.Open(ctx, p.At, p.Schema)
	if err != nil {
		return nil, err
	}
	return &sqlitedb.DB{Write: db.Write, Read: db.Read}, nil
}

// pool opens the place once more, as another process would.
func (p place) pool(t *testing.T) *sqlitedb.DB {
	t.Helper()
	db, err := p.open(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() }) // a test may have closed it
	return db
}

// inBoth runs a test on a read model in SQLite, and on one in PostgreSQL.
func inBoth(t *testing.T, test func(t *testing.T, f *fixture, at place)) {
	t.Helper()
	t.Parallel() // most of it is waiting for leases to run out
	t.Run("in SQLite", func(t *testing.T) {
		t.Parallel()
		at := place{Dialect: projection.SQLite, At: filepath.Join(t.TempDir(), "shared.db")}
		f := newFixture(t)
		f.db = at.pool(t)
		test(t, f, at)
	})
	t.Run("in PostgreSQL", func(t *testing.T) {
		t.Parallel()
		schema := strings.ToLower(fmt.Sprintf("p%d", time.Now().UnixNano()))
		at := place{Dialect: projection.PostgreSQL, At: server.URL(t), Schema: schema}
		f := newFixture(t)
		f.db = at.pool(t)
		t.Cleanup(func() {
			db, err := at.open(context.Background())
			require.NoError(t, err)
			_, err = db.Write.Exec(`DROP SCHEMA ` + schema + ` CASCADE`)
			require.NoError(t, err)
			require.NoError(t, db.Close())
		})
		test(t, f, at)
	})
}

// at configures a projector with connections of its own to a place, and a name.
func (f *fixture) at(p place, holder string) func(*projection.Config) {
	f.t.Helper()
	db := p.pool(f.t)
	return func(c *projection.Config) { c.DB, c.Dialect, c.Holder = db.Write, p.Dialect, holder }
}

// live waits until somebody other than not is live, and returns who.
func (f *fixture) live(not string) string {
	f.t.Helper()
	var s projection.Status
	eventually(f.t, "another one is live", func() bool {
		s = f.status()
		return s.State == projection.StateLive && s.Holder != "" && s.Holder != not
	})
	return s.Holder
}

// standingBy waits until so many stand by, and returns who.
func (f *fixture) standingBy(n int) []string {
	f.t.Helper()
	var names []string
	eventually(f.t, fmt.Sprintf("%d stand by", n), func() bool {
		names = nil
		for _, s := range f.status().StandingBy {
			names = append(names, s.Holder)
		}
		return len(names) == n
	})
	return names
}

// requireAlone waits until everything is applied, and compares with what one projector alone makes.
func (f *fixture) requireAlone(l ledger) {
	f.t.Helper()
	want := int64(0)
	for _, n := range f.next {
		want += n
	}
	eventually(f.t, "everything is applied", func() bool { return f.status().EventsApplied >= want })
	require.Equal(f.t, want, f.status().EventsApplied)
	require.Equal(f.t, f.fold(l), f.dump())
}
