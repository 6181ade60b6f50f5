//go:build unix

package replicas_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore/postgres"
)

// place is where a group of processes works: one log, and the books of the participants, in schemas of one server.
type place struct {
	URL   string
	Log   string
	Books string
	Lease time.Duration
	Seed  uint64 // of what goes wrong with attempts
}

var places atomic.Int64

// newPlace makes the books; the first that opens the log makes it.
func newPlace(t *testing.T, url string, seed uint64) place {
	t.Helper()
	n := places.Add(1)
	p := place{
		URL: url, Lease: leaseTime, Seed: seed,
		Log: fmt.Sprintf("log_%d_%d", os.Getpid(), n), Books: fmt.Sprintf("books_%d_%d", os.Getpid(), n),
	}
	require.NoError(t, p.exec(t.Context(), `CREATE SCHEMA `+p.Books+`; SET search_path TO `+p.Books+`;`+sqlMakeBooks))
	t.Cleanup(func() {
		require.NoError(t, p.exec(context.Background(), `DROP SCHEMA `+p.Books+` CASCADE; DROP SCHEMA IF EXISTS `+p.Log+` CASCADE`))
	})
	return p
}

// exec runs statements over a connection of its own.
func (p place) exec(ctx context.Context, statements string) (err error) {
	conn, err := pgx.Connect(ctx, p.URL)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	_, err = conn.PgConn().Exec(ctx, statements).ReadAll()
	return err
}

func (p place) open(ctx context.Context) (*postgres.Store, error) {
	return postgres.Open(ctx, postgres.Config{URL: p.URL, Schema: p.Log})
}

// pause waits, or returns the error of a context that ends first.
func pause(ctx context.Context, length time.Duration) error {
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
