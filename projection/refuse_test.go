package projection_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/projection"
)

func TestACheckpointThatDoesNotFitIsRefused(t *testing.T) {
	auto := func(c *projection.Config) { c.AutoRebuild = true }
	for _, c := range []struct {
		name   string
		change func(f *fixture) ledger
		reason error
	}{
		{"because the projection has another version", func(*fixture) ledger { return ledger{version: 3} },
			projection.ErrOtherVersion},
		{"because the log is another one", func(f *fixture) ledger {
			f.anotherLog("another", 9)
			return ledger{version: 2}
		}, projection.ErrOtherLog},
		{"because the log ends before it", func(f *fixture) ledger {
			f.anotherLog("the log", 4)
			return ledger{version: 2}
		}, projection.ErrLogBehind},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFixture(t)
			f.anotherLog("the log", 5)
			require.NoError(t, f.projector(ledger{version: 2}).CatchUp(t.Context()))
			before := f.dump()
			l := c.change(f)

			p := f.projector(l)
			redrive := func(ctx context.Context) error { return p.Redrive(ctx, "account-a0") }
			for _, goOn := range []func(context.Context) error{p.CatchUp, p.Run, redrive} {
				err := goOn(soon(t))
				require.ErrorIs(t, err, projection.ErrRebuildNeeded)
				require.ErrorIs(t, err, c.reason)
				require.ErrorContains(t, err, "rebuild the projection")
			}
			s, err := p.Status(t.Context())
			require.NoError(t, err)
			require.ErrorIs(t, s.RebuildNeeded, c.reason)
			require.Positive(t, s.Lag, "nothing of this log is applied")
			require.Equal(t, before, f.dump(), "what is there stays readable")

			require.NoError(t, f.projector(l, auto).CatchUp(t.Context()), "rebuilds by itself when it may")
			require.Equal(t, f.fold(l), f.dump())
			s, err = p.Status(t.Context())
			require.NoError(t, err)
			require.NoError(t, s.RebuildNeeded)
			require.Zero(t, s.Lag)
			require.Equal(t, s.Head, s.Position)
		})
	}

	t.Run("by an older program, which does not rebuild it by itself", func(t *testing.T) {
		f := newFixture(t)
		f.deposits(3)
		require.NoError(t, f.projector(ledger{version: 2}).CatchUp(t.Context()))
		old := f.projector(ledger{version: 1}, auto)
		require.ErrorIs(t, old.CatchUp(t.Context()), projection.ErrOtherVersion)
		require.NoError(t, old.Rebuild(t.Context()), "but when told to")
		require.Equal(t, 1, f.status().Version)
	})
}

// anotherLog replaces the fixture's log by a new one of so many events.
func (f *fixture) anotherLog(id string, events int) {
	f.t.Helper()
	require.NoError(f.t, f.store.Close())
	f.store, f.next = &named{memory.New(), id}, map[string]int64{}
	f.deposits(events)
}

func TestATableThatBelongsToSomebodyElseIsLeftAlone(t *testing.T) {
	f := newFixture(t)
	_, err := f.db.Write.Exec(`CREATE TABLE balances (mine TEXT)`)
	require.NoError(t, err)
	require.ErrorContains(t, f.projector(ledger{}).CatchUp(t.Context()), "already exists")
	require.ErrorContains(t, f.projector(ledger{}).Rebuild(t.Context()), "already")
	_, err = f.db.Read.Exec(`SELECT mine FROM balances`)
	require.NoError(t, err)
}
