package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/eventstoretest"
	"github.com/skaldgo/skald/eventstore/postgres"
	"github.com/skaldgo/skald/internal/cutproxy"
)

func asks(owner string) eventstore.LeaseRequest {
	return eventstore.LeaseRequest{Group: "orchestrator", Owner: owner, Shards: 4, TTL: time.Hour}
}

// undoLeases takes a log back to what the version without leases made.
func undoLeases(t *testing.T, cfg postgres.Config) {
	t.Helper()
	psql(t, cfg, `DROP TABLE leases; DELETE FROM skald_migrations WHERE version_id = 2`)
}

func TestALogFromBeforeLeasesGetsThemWhenItIsOpened(t *testing.T) {
	cfg := newConfig(t)
	_, err := open(t, cfg).Append(t.Context(), "note-1", eventstore.NoStream, eventstoretest.Events(2, "NoteTaken")...)
	require.NoError(t, err)
	undoLeases(t, cfg)

	strict := cfg
	strict.NoMigration = true
	_, err = postgres.Open(t.Context(), strict)
	require.ErrorIs(t, err, postgres.ErrNotALog)
	require.ErrorContains(t, err, "it has version 1 and needs 2")

	strict.ReadOnly = true // reads what it can
	_, err = open(t, strict).Lease(t.Context(), asks("a"))
	require.ErrorIs(t, err, eventstore.ErrDenied)

	store := open(t, cfg)
	grant, err := store.Lease(t.Context(), asks("a"))
	require.NoError(t, err)
	require.Len(t, grant.Shards, 4)
	eventstoretest.Check(t, store)
}

func TestATableOfLeasesThatWasRemovedOrSpoiledIsNamed(t *testing.T) {
	cfg := newConfig(t)
	store := open(t, cfg)
	_, err := store.Lease(t.Context(), asks("a"))
	require.NoError(t, err)
	psql(t, cfg, `UPDATE leases SET state = '{"shards":4,"token":1,"members":[{"owner":"a","held":[{"shard":4,"token":1}]}]}'`)
	_, err = store.Lease(t.Context(), asks("a"))
	require.ErrorIs(t, err, eventstore.ErrCorrupt)
	require.ErrorContains(t, err, `group "orchestrator"`)
	psql(t, cfg, `DROP TABLE leases`)
	_, err = store.Lease(t.Context(), asks("a"))
	require.ErrorIs(t, err, postgres.ErrNotALog)
}

func TestARoleWithTheGrantsMayTakeLeasesAndRemoveNone(t *testing.T) {
	cfg := newConfig(t)
	open(t, cfg)
	psql(t, cfg, `DO $$ BEGIN CREATE ROLE skald_leases LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$`)
	app := cfg
	app.URL, app.NoMigration = as(t, cfg.URL, "skald_leases"), true
	undoLeases(t, cfg)
	grants, err := postgres.GrantSQL(cfg.Schema, "skald_leases")
	require.NoError(t, err)
	require.Error(t, tryExec(t, cfg, grants), "there is no such table to grant yet")
	open(t, cfg)
	psql(t, cfg, `GRANT USAGE ON SCHEMA `+cfg.Schema+` TO skald_leases; GRANT SELECT ON ALL TABLES IN SCHEMA `+cfg.Schema+` TO skald_leases`)
	_, err = open(t, app).Lease(t.Context(), asks("a"))
	require.ErrorIs(t, err, eventstore.ErrDenied)
	psql(t, cfg, grants)
	_, err = open(t, app).Lease(t.Context(), asks("a"))
	require.NoError(t, err)
	for _, forbidden := range []string{`DELETE FROM leases`, `TRUNCATE leases`, `DROP TABLE leases`} {
		require.ErrorContains(t, tryExec(t, app, forbidden), "42501", forbidden)
	}
}

func TestAProcessThatIsFrozenWithAGroupHoldsOthersUpNoLongerThanTheCallTimeout(t *testing.T) {
	cfg := newConfig(t)
	cfg.CallTimeout = 200 * time.Millisecond
	store := open(t, cfg)
	require.Eventually(t, func() bool {
		_, err := store.Lease(t.Context(), asks("a"))
		return err == nil
	}, 20*time.Second, 10*time.Millisecond)
	config, err := pgx.ParseConfig(cfg.URL)
	require.NoError(t, err)
	config.RuntimeParams["search_path"] = cfg.Schema
	frozen, err := pgx.ConnectConfig(t.Context(), config)
	require.NoError(t, err)
	defer func() { require.NoError(t, frozen.Close(background())) }()
	_, err = frozen.Exec(t.Context(), `BEGIN; SELECT * FROM leases FOR UPDATE`)
	require.NoError(t, err)

	_, err = store.Lease(t.Context(), asks("b"))
	require.ErrorIs(t, err, eventstore.ErrUnavailable)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err = store.Lease(ctx, asks("b"))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	_, err = frozen.Exec(t.Context(), `COMMIT`)
	require.NoError(t, err)
	var grant eventstore.LeaseGrant
	require.Eventually(t, func() bool { // a busy machine takes longer than the timeout for a call now and then
		grant, err = store.Lease(t.Context(), asks("a"))
		return err == nil
	}, 20*time.Second, 10*time.Millisecond)
	require.Equal(t, 1, grant.Owners, "nothing of the calls that were given up was stored")
}

func TestLeasesOfAnotherClockAreSettledByThatOfTheServer(t *testing.T) {
	cfg := newConfig(t)
	store := open(t, cfg)
	_, err := store.Lease(t.Context(), asks("a"))
	require.NoError(t, err)
	for shift, owners := range map[string]int{"- interval '59 minutes'": 2, "- interval '61 minutes'": 1} {
		psql(t, cfg, `UPDATE leases SET state = jsonb_set(state::jsonb, '{members,0,until}',
			to_jsonb(clock_timestamp() + interval '1 hour' `+shift+`))`)
		grant, err := store.Lease(t.Context(), asks("b"))
		require.NoError(t, err)
		require.Equal(t, owners, grant.Owners, shift)
		leave := asks("b")
		leave.Leave = true
		_, err = store.Lease(t.Context(), leave)
		require.NoError(t, err)
		_, err = store.Lease(t.Context(), asks("a"))
		require.NoError(t, err)
	}
}

// TestLeasesOverConnectionsThatAreCut closes the connection at many offsets of a call, both ways, and holds the store to
// what it says of the outcome.
func TestLeasesOverConnectionsThatAreCut(t *testing.T) {
	cfg := newConfig(t)
	direct := open(t, cfg)
	at, err := url.Parse(cfg.URL)
	require.NoError(t, err)
	proxy, err := cutproxy.New(t.Context(), at.Host)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, proxy.Close()) })
	at.Host = proxy.Addr()
	cfg.URL = at.String()
	behind := open(t, cfg)
	outcomes := map[string]int{}
	for _, way := range []cutproxy.Direction{cutproxy.ToServer, cutproxy.ToClient} {
		for offset := int64(0); offset < 800; offset += 16 {
			owner := fmt.Sprintf("%d-%d", way, offset)
			_, err := behind.Lease(t.Context(), asks("warm")) // a connection that works
			require.NoError(t, err)
			proxy.Set(cutproxy.Fault{Kind: cutproxy.Close, Direction: way, After: offset})
			_, err = behind.Lease(t.Context(), asks(owner))
			struck := proxy.Struck() > 0
			proxy.Set(cutproxy.Fault{})
			// Who asks next waits for a transaction that has the group, and is told how many others there are.
			after, leaveErr := direct.Lease(t.Context(), leaves("nobody"))
			require.NoError(t, leaveErr)
			outcomes[outcome(t, err, struck, after.Owners == 2)]++
			_, err = direct.Lease(t.Context(), leaves(owner))
			require.NoError(t, err)
		}
	}
	t.Log(outcomes)
	for _, kind := range []string{"granted", "refused", "unknown, stored", "unknown, not stored"} {
		require.NotZero(t, outcomes[kind], "the test is void: %v", outcomes)
	}
}

func leaves(owner string) eventstore.LeaseRequest {
	r := asks(owner)
	r.Leave = true
	return r
}

// outcome compares what was said with what was done.
func outcome(t *testing.T, err error, struck, stored bool) string {
	t.Helper()
	switch {
	case err == nil:
		require.True(t, stored)
		return "granted"
	case errors.Is(err, eventstore.ErrIndeterminate):
		require.True(t, struck)
		return map[bool]string{true: "unknown, stored", false: "unknown, not stored"}[stored]
	}
	require.True(t, struck)
	require.ErrorIs(t, err, eventstore.ErrUnavailable)
	require.False(t, stored)
	return "refused"
}
