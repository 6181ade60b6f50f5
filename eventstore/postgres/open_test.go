package postgres_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/eventstoretest"
	"github.com/skaldgo/skald/eventstore/postgres"
	"github.com/skaldgo/skald/internal/pgtest"
)

func TestProcessesThatOpenANewLogAtOnceMakeOneLog(t *testing.T) {
	cfg := newConfig(t)
	ids := make([]string, 8)
	var all errgroup.Group
	for i := range ids {
		all.Go(func() error {
			store, err := postgres.Open(t.Context(), cfg)
			if err != nil {
				return err
			}
			ids[i], err = store.LogID(t.Context())
			return errors.Join(err, store.Close())
		})
	}
	require.NoError(t, all.Wait())
	for _, id := range ids {
		require.Equal(t, ids[0], id)
	}
}

func TestAWrongConfigIsRefusedWithAllItsFaults(t *testing.T) {
	_, err := postgres.Open(t.Context(), postgres.Config{
		Schema: `x"; DROP SCHEMA public; --`, Readers: -1, CachedStreams: -2, PollInterval: -3, CallTimeout: -4,
	})
	require.ErrorIs(t, err, eventstore.ErrInvalid)
	for _, words := range []string{
		"no URL: give one like postgres://user@host/database", `schema "x\"; DROP SCHEMA public; --" is not made of`,
		"readers -1 is negative", "cached streams -2 is negative", "poll interval -3ns is negative", "call timeout -4ns is negative",
	} {
		require.ErrorContains(t, err, words)
	}
	_, err = postgres.Open(t.Context(), postgres.Config{URL: "postgres://u:secret@host:notaport/db"})
	require.ErrorIs(t, err, eventstore.ErrInvalid)
	require.NotContains(t, err.Error(), "secret")
}

func TestAServerThatIsNotThereIsUnavailableAndOneThatKnowsUsNotDenies(t *testing.T) {
	_, err := postgres.Open(t.Context(), postgres.Config{URL: "postgres://skald@127.0.0.1:1/postgres"})
	require.ErrorIs(t, err, eventstore.ErrUnavailable)

	cfg := newConfig(t)
	psql(t, cfg, `DO $$ BEGIN CREATE ROLE skald_stranger LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$`)
	cfg.URL = as(t, cfg.URL, "skald_stranger")
	_, err = postgres.Open(t.Context(), cfg)
	require.ErrorIs(t, err, eventstore.ErrDenied)

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = postgres.Open(ended, newConfig(t))
	require.ErrorIs(t, err, context.Canceled)
}

func TestASchemaWithoutALogIsLeftAsItIsWhenNothingMayBeMade(t *testing.T) {
	cfg := newConfig(t)
	for _, strict := range []postgres.Config{
		{URL: cfg.URL, Schema: cfg.Schema, NoMigration: true}, {URL: cfg.URL, Schema: cfg.Schema, ReadOnly: true},
	} {
		_, err := postgres.Open(t.Context(), strict)
		require.ErrorIs(t, err, postgres.ErrNotALog)
	}
	require.Error(t, tryExec(t, cfg, `SELECT * FROM `+cfg.Schema+`.log`))
}

func TestALogOfANewerProgramIsLeftAsItIs(t *testing.T) {
	cfg := newConfig(t)
	open(t, cfg)
	psql(t, cfg, `INSERT INTO skald_migrations (version_id, is_applied) VALUES (99999, true)`)
	for _, strict := range []bool{false, true} {
		cfg.NoMigration = strict
		_, err := postgres.Open(t.Context(), cfg)
		require.ErrorIs(t, err, postgres.ErrNewerSchema)
	}
}

func TestTheStatementsThatAreShownMakeTheSameLog(t *testing.T) {
	program, err := exec.LookPath("psql")
	require.NoError(t, err, "psql is part of every PostgreSQL installation")
	cfg := newConfig(t)
	statements, err := postgres.MigrationSQL(cfg.Schema)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "migrate.sql")
	require.NoError(t, os.WriteFile(file, []byte(statements), 0o600))
	out, err := exec.CommandContext(t.Context(), program, "-v", "ON_ERROR_STOP=1", "-f", file, cfg.URL).CombinedOutput()
	require.NoError(t, err, "%s", out)

	cfg.NoMigration = true
	store := open(t, cfg)
	_, err = store.Append(t.Context(), "note-1", eventstore.NoStream, eventstoretest.Events(2, "NoteTaken")...)
	require.NoError(t, err)
	cfg.NoMigration = false
	open(t, cfg) // finds nothing to do

	_, err = postgres.MigrationSQL("Not A Schema")
	require.ErrorIs(t, err, eventstore.ErrInvalid)
}

func TestARoleWithTheGrantsMayAppendAndReadAndNothingElse(t *testing.T) {
	cfg := newConfig(t)
	open(t, cfg)
	psql(t, cfg, `DO $$ BEGIN CREATE ROLE skald_app LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$`)
	grants, err := postgres.GrantSQL(cfg.Schema, "skald_app")
	require.NoError(t, err)
	psql(t, cfg, grants)

	cfg.URL, cfg.NoMigration = as(t, cfg.URL, "skald_app"), true
	store := open(t, cfg)
	_, err = store.Append(t.Context(), "note-1", eventstore.NoStream, eventstoretest.Events(2, "NoteTaken")...)
	require.NoError(t, err)
	eventstoretest.Check(t, store)
	for _, forbidden := range []string{
		`UPDATE events SET type = 'x'`, `DELETE FROM events`, `TRUNCATE events`, `UPDATE log SET id = 'x'`, `DELETE FROM log`,
		`DROP TABLE events`, `ALTER TABLE events DISABLE TRIGGER ALL`, `CREATE TABLE other (x int)`,
	} {
		require.ErrorContains(t, tryExec(t, cfg, forbidden), "42501", forbidden)
	}
}

func TestEventsAreNeverUpdatedOrDeletedByWhomever(t *testing.T) {
	cfg := newConfig(t)
	store := open(t, cfg)
	_, err := store.Append(t.Context(), "note-1", eventstore.NoStream, eventstoretest.Events(2, "NoteTaken")...)
	require.NoError(t, err)
	for _, change := range []string{
		`UPDATE events SET type = 'x'`, `DELETE FROM events`, `TRUNCATE events`, `UPDATE streams SET name = 'a-b'`,
		`DELETE FROM streams`, `TRUNCATE streams CASCADE`, `DELETE FROM log`, `TRUNCATE log`, `UPDATE log SET head = 1`,
		`UPDATE log SET id = 'x'`, `UPDATE log SET streams = 0`,
	} {
		require.ErrorContains(t, tryExec(t, cfg, change), "the log only grows", change)
	}
	eventstoretest.Check(t, store)
}

func TestOneDatabaseHoldsManyLogsThatKnowNothingOfEachOther(t *testing.T) {
	one, other := open(t, newConfig(t)), open(t, newConfig(t))
	_, err := one.Append(t.Context(), "note-1", eventstore.NoStream, eventstoretest.Events(1, "NoteTaken")...)
	require.NoError(t, err)
	_, err = eventstoretest.Collect(other.ReadStream(t.Context(), "note-1", 0, eventstore.Forwards))
	require.ErrorIs(t, err, eventstore.ErrStreamNotFound)

	lock, err := one.Lock(t.Context(), "orders")
	require.NoError(t, err)
	defer func() { require.NoError(t, lock.Close()) }()
	second, err := other.Lock(t.Context(), "orders")
	require.NoError(t, err)
	require.NoError(t, second.Close())
	_, err = one.Lock(t.Context(), "orders")
	require.ErrorIs(t, err, eventstore.ErrLocked)
	require.ErrorContains(t, err, "process ")
}

func TestADatabaseThatCannotHoldEveryNameIsRefused(t *testing.T) {
	cluster := newCluster(t)
	psql(t, postgres.Config{URL: cluster.URL()}, `CREATE DATABASE latin ENCODING LATIN1 TEMPLATE template0`)
	_, err := postgres.Open(t.Context(), postgres.Config{URL: onDatabase(t, cluster.URL(), "latin")})
	require.ErrorIs(t, err, eventstore.ErrDenied)
	require.ErrorContains(t, err, "encoding LATIN1")
}

func newCluster(t testing.TB, settings ...string) *pgtest.Cluster {
	t.Helper()
	cluster, err := pgtest.New(t.Context(), settings...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, cluster.Remove(background())) })
	return cluster
}
