package linear_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/postgres"
	"github.com/skaldgo/skald/internal/pgtest"
)

// inPostgres makes a run over two stores in one schema, whose sessions are terminated at random.
func inPostgres(t *testing.T, server string, seed uint64, struck *kinds) *run {
	t.Helper()
	name := fmt.Sprintf("linear_%d_%d", os.Getpid(), seed)
	named, err := url.Parse(server)
	require.NoError(t, err)
	query := named.Query()
	query.Set("application_name", name)
	named.RawQuery = query.Encode()
	var stores [2]eventstore.Store
	for i := range stores {
		stores[i], err = postgres.Open(t.Context(), postgres.Config{URL: named.String(), Schema: name})
		require.NoError(t, err)
	}
	t.Cleanup(func() {
		for _, store := range stores {
			require.NoError(t, store.Close())
		}
		_, err := ask(context.Background(), server, `DROP SCHEMA `+name+` CASCADE`)
		require.NoError(t, err)
	})
	r := newRun(seed)
	r.store = func(client int) eventstore.Store { return stores[client%2] }
	for i := range 16 {
		r.faults[(i+1)*r.least/17] = func() error {
			ended, err := ask(context.Background(), server, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
				WHERE application_name = '`+name+`' ORDER BY state = 'idle', random() LIMIT 2`)
			struck.terminated.Add(ended)
			return err
		}
	}
	return r
}

// kill adds the end of the server to a run, and its return.
func (r *run) kill(cluster *pgtest.Cluster, struck *kinds) {
	r.faults[r.least/2+1] = func() error {
		struck.killed.Add(1)
		return errors.Join(cluster.Kill(context.Background()), cluster.Start(context.Background()))
	}
}

// ask does a statement, over a connection of its own, and returns how many rows it gave.
func ask(ctx context.Context, server, statement string) (rows int64, err error) {
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	done, err := conn.Exec(ctx, statement)
	return done.RowsAffected(), err
}
