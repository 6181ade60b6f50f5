//go:build unix

package main_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/postgres"
	"github.com/skaldgo/skald/saga"
)

// newLogURL names a log in PostgreSQL that is removed at the end of the test.
func newLogURL(t *testing.T) (url string, cfg postgres.Config) {
	t.Helper()
	cfg = postgres.Config{URL: server.URL(t), Schema: fmt.Sprintf("dev_%d_%d", os.Getpid(), time.Now().UnixNano())}
	t.Cleanup(func() {
		conn, err := pgx.Connect(context.Background(), cfg.URL)
		require.NoError(t, err)
		_, err = conn.Exec(context.Background(), `DROP SCHEMA IF EXISTS `+cfg.Schema+` CASCADE`)
		require.NoError(t, err)
		require.NoError(t, conn.Close(context.Background()))
	})
	return cfg.URL + "&schema=" + cfg.Schema, cfg
}

func TestDevsShareTheSagasOfALogInPostgreSQL(t *testing.T) {
	t.Parallel()
	url, cfg := newLogURL(t)
	shared := keptWhenItFails(t)
	join := func(name string, args ...string) *dev {
		return startDev(t, filepath.Join(shared, name), append([]string{
			"--store", url, "--services", filepath.Join(shared, "services.db"), "--lease-ttl", "500ms", "--fail-rate", "0.05",
		}, args...)...)
	}
	acks := func(name string) string { return filepath.Join(shared, name+".acks") }
	names := []string{"a", "b", "c"}
	devs := map[string]*dev{}
	for _, name := range names { // at once, so that they also share the making of the log and the books
		devs[name] = join(name, "--rate", "30/s", "--ack-file", acks(name))
	}
	for _, name := range names {
		devs[name].awaitReady(t)
		devs[name].awaitAcks(t, acks(name), 40)
	}
	devs["a"].kill(t)
	require.Zero(t, devs["b"].interrupt(t), "%s", devs["b"].stderr)
	devs["c"].awaitAcks(t, acks("c"), len(acknowledged(t, acks("c")))+30)
	require.Zero(t, devs["c"].interrupt(t), "%s", devs["c"].stderr)

	last := join("a", "--rate", "0", "-o", "jsonl")
	last.await(t, last.stdout, patience, "to come to rest", func(text string) bool {
		all := figuresOf(t, wholeLines(text))
		return len(all) > 0 && all[len(all)-1].open() <= all[len(all)-1].Parked && all[len(all)-1].LagSeconds == 0
	})
	require.Zero(t, last.interrupt(t), "%s", last.stderr)
	require.Contains(t, last.stderr.String(), "shared by every dev that has --lease-ttl 500ms")

	store, err := postgres.Open(t.Context(), postgres.Config{URL: cfg.URL, Schema: cfg.Schema, ReadOnly: true})
	require.NoError(t, err)
	defer func() { require.NoError(t, store.Close()) }()
	h := readHistory(t, store)
	require.Empty(t, h.open())
	h.checkBooks(t, shared)
	for _, name := range names {
		h.requireStarted(t, acknowledged(t, acks(name)))
	}
	require.GreaterOrEqual(t, len(attemptsByActor(t, store)), len(names), "each of them has run attempts")
	mustProject(t, "audit", "verify", "--store", url)
}

// attemptsByActor counts the attempts that each orchestrator has begun.
func attemptsByActor(t *testing.T, store eventstore.Store) map[string]int {
	t.Helper()
	counts := map[string]int{}
	filter := eventstore.Filter{TypePrefixes: []string{saga.TypeStepStarted}}
	for ev, err := range store.ReadAll(t.Context(), eventstore.Position{}, eventstore.Forwards, filter) {
		require.NoError(t, err)
		meta, err := eventstore.ParseMetadata(ev.Metadata)
		require.NoError(t, err)
		counts[meta.Actor]++
	}
	return counts
}
