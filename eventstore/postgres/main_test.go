package postgres_test

import (
	"fmt"
	"net/url"
	"os"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/skaldgo/skald/eventstore/postgres"
	"github.com/skaldgo/skald/internal/pgtest"
)

// server is the one of this test binary, and schemas counts the logs in it.
var (
	server  pgtest.Server
	schemas atomic.Int64
)

func TestMain(m *testing.M) {
	os.Exit(server.Main(func() int {
		code := m.Run()
		if err := goleak.Find(); code == 0 && err != nil {
			fmt.Fprintln(os.Stderr, "goroutines were left:", err)
			return 1
		}
		return code
	}))
}

// newConfig names a log of the test's own, which is removed at its end.
func newConfig(t testing.TB) postgres.Config {
	t.Helper()
	cfg := postgres.Config{URL: server.URL(t), Schema: fmt.Sprintf("test_%d_%d", os.Getpid(), schemas.Add(1))}
	t.Cleanup(func() { psql(t, cfg, `DROP SCHEMA IF EXISTS `+cfg.Schema+` CASCADE`) })
	return cfg
}

func open(t testing.TB, cfg postgres.Config) *postgres.Store {
	t.Helper()
	store, err := postgres.Open(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return store
}

// psql runs statements as the program of that name would, with the log's schema in the search path.
func psql(t testing.TB, cfg postgres.Config, statements string) {
	t.Helper()
	require.NoError(t, tryExec(t, cfg, statements))
}

func tryExec(t testing.TB, cfg postgres.Config, statements string) error {
	t.Helper()
	config, err := pgx.ParseConfig(cfg.URL)
	require.NoError(t, err)
	config.RuntimeParams["search_path"] = cfg.Schema
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if t.Context().Err() != nil { // in a cleanup
		conn, err = pgx.ConnectConfig(background(), config)
	}
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(background())) }()
	_, err = conn.PgConn().Exec(background(), statements).ReadAll()
	return err
}

// as returns a URL for another role.
func as(t testing.TB, from, role string) string {
	t.Helper()
	u, err := url.Parse(from)
	require.NoError(t, err)
	u.User = url.User(role)
	return u.String()
}

// onDatabase returns a URL for another database.
func onDatabase(t testing.TB, from, database string) string {
	t.Helper()
	u, err := url.Parse(from)
	require.NoError(t, err)
	u.Path = "/" + database
	return u.String()
}
