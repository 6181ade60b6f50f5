package projection_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/projection"
)

func TestOfSeveralProjectorsOneIsLiveAndTheOthersStandBy(t *testing.T) {
	inBoth(t, func(t *testing.T, f *fixture, at place) {
		f.deposits(20)
		names := []string{"one", "two", "three"}
		projectors, stops := map[string]*projection.Projector{}, map[string]func() error{}
		for _, name := range names { // all at once, on a database without tables
			projectors[name] = f.projector(ledger{}, batchSize(3), f.at(at, name))
			stops[name] = run(t, projectors[name])
		}
		last := ""
		for len(names) > 0 {
			live := f.live(last)
			waiting := f.standingBy(len(names) - 1)
			require.NotContains(t, waiting, live)
			require.ElementsMatch(t, names, append(waiting, live))
			for name, p := range projectors {
				s, err := p.Status(t.Context())
				require.NoError(t, err)
				switch {
				case name == live:
					require.Equal(t, projection.RoleLive, s.Role)
				case slices.Contains(waiting, name):
					require.Equal(t, projection.RoleStandingBy, s.Role)
				default:
					require.Empty(t, s.Role, "it has ended")
				}
			}
			f.deposits(20)
			f.requireAlone(ledger{})
			require.NoError(t, stops[live]())
			names, last = slices.DeleteFunc(names, func(n string) bool { return n == live }), live
		}
		require.Equal(t, projection.StateStopped, f.status().State)
		require.Empty(t, f.status().Holder)
		require.Empty(t, f.runners())
	})
}

func TestAProjectorThatEndsWhileItStandsByLeavesNothing(t *testing.T) {
	f := newFixture(t)
	stop := run(t, f.projector(ledger{}))
	f.live("")
	end := run(t, f.projector(ledger{}))
	f.standingBy(1)
	require.NoError(t, end())
	require.Equal(t, []string{"live"}, f.runners())
	require.Empty(t, f.status().StandingBy)
	require.NoError(t, stop())
}

func TestAProjectorThatIsToldToTakeOverDoesSoAndTheOtherStandsBy(t *testing.T) {
	inBoth(t, func(t *testing.T, f *fixture, at place) {
		f.deposits(10)
		first := run(t, f.projector(ledger{}, f.at(at, "the first")))
		require.Equal(t, "the first", f.live(""))
		takeOver := func(c *projection.Config) { c.TakeOver = true }
		second := run(t, f.projector(ledger{}, f.at(at, "the second"), takeOver))
		require.Equal(t, "the second", f.live("the first"))
		require.Equal(t, []string{"the first"}, f.standingBy(1))
		f.deposits(10)
		f.requireAlone(ledger{})
		require.Empty(t, f.status().LastError)

		third := run(t, f.projector(ledger{}, f.at(at, "the third"), takeOver))
		require.Equal(t, "the third", f.live("the second"))
		require.Len(t, f.standingBy(2), 2, "nobody takes it back")
		require.NoError(t, third())
		f.live("the third")
		f.deposits(10)
		f.requireAlone(ledger{})
		require.NoError(t, first())
		require.NoError(t, second())
	})
}

func TestACatchUpBesideALiveProjectorLeavesTheWorkToIt(t *testing.T) {
	f := newFixture(t)
	stop := run(t, f.projector(ledger{}, func(c *projection.Config) { c.Holder = "the live one" }))
	f.live("")
	f.deposits(20)
	require.NoError(t, f.projector(ledger{}).CatchUp(soon(t)))
	require.Equal(t, int64(20), f.status().EventsApplied)
	require.Equal(t, "the live one", f.status().Holder)
	require.NoError(t, stop())
	require.Empty(t, f.runners())
}

func TestRebuildsWhileOthersStandByLeaveOneLive(t *testing.T) {
	inBoth(t, func(t *testing.T, f *fixture, at place) {
		f.deposits(20)
		for _, name := range []string{"one", "two", "three"} {
			run(t, f.projector(ledger{}, batchSize(3), f.at(at, name)))
		}
		live := f.live("")
		f.standingBy(2)
		for range 4 {
			f.deposits(20)
			require.NoError(t, f.projector(ledger{}, batchSize(9), f.at(at, "rebuilder")).Rebuild(t.Context()))
		}
		f.deposits(20)
		f.requireAlone(ledger{})
		require.Len(t, f.standingBy(2), 2)
		require.NotEqual(t, "rebuilder", f.live(""))
		require.Contains(t, []string{"one", "two", "three"}, live)
	})
}

func TestOfSeveralNewProgramsOneRebuildsAndTheOthersWaitForIt(t *testing.T) {
	inBoth(t, func(t *testing.T, f *fixture, at place) {
		f.deposits(60)
		require.NoError(t, f.projector(ledger{}, f.at(at, "old")).CatchUp(t.Context()))
		auto := func(c *projection.Config) { c.AutoRebuild, c.BatchSize = true, 5 }
		for _, name := range []string{"one", "two", "three"} {
			run(t, f.projector(ledger{version: 2}, auto, f.at(at, name)))
		}
		f.live("old")
		f.standingBy(2)
		f.deposits(20)
		f.requireAlone(ledger{version: 2})
		require.Equal(t, 2, f.status().Version)
	})
}

func TestAnOldProgramThatStandsByEndsWhenANewOneRebuilds(t *testing.T) {
	f := newFixture(t)
	live := run(t, f.projector(ledger{}))
	f.live("")
	waits := run(t, f.projector(ledger{}))
	f.standingBy(1)
	require.NoError(t, f.projector(ledger{version: 2}).Rebuild(t.Context()))
	eventually(t, "both have looked", func() bool { return len(f.runners()) == 0 })
	require.ErrorIs(t, live(), projection.ErrOtherVersion)
	require.ErrorIs(t, waits(), projection.ErrOtherVersion)
}

func TestAProjectorThatLosesItsDatabaseIsFollowedByAnother(t *testing.T) {
	inBoth(t, func(t *testing.T, f *fixture, at place) {
		f.deposits(10)
		db := at.pool(t)
		first := run(t, f.projector(ledger{}, f.at(at, "the first"), func(c *projection.Config) { c.DB = db.Write }))
		require.Equal(t, "the first", f.live(""))
		second := run(t, f.projector(ledger{}, f.at(at, "the second")))
		f.standingBy(1)
		require.NoError(t, db.Write.Close())
		f.deposits(10)
		require.Equal(t, "the second", f.live("the first"))
		f.requireAlone(ledger{})
		require.Error(t, first(), "it says that it could not give the read model back")
		require.NoError(t, second())
	})
}

func TestALeaseFromBeforeTheClockOfTheDatabaseWasSetBackRunsOut(t *testing.T) {
	inBoth(t, func(t *testing.T, f *fixture, at place) {
		f.deposits(10)
		db := at.pool(t)
		dies := run(t, f.projector(ledger{}, f.at(at, "dies"), func(c *projection.Config) { c.DB = db.Write }))
		f.live("")
		require.NoError(t, db.Write.Close())
		require.Error(t, dies())
		_, err := f.db.Write.Exec(`UPDATE projection_runner SET alive_until = alive_until + 3600000`)
		require.NoError(t, err)
		stop := run(t, f.projector(ledger{}, f.at(at, "the next")))
		require.Equal(t, "the next", f.live("dies"))
		require.NoError(t, stop())
	})
}

func TestTheStatusOfAReadModelFromBeforeThereWereLeasesIsRead(t *testing.T) {
	f := newFixture(t)
	f.deposits(3)
	require.NoError(t, f.projector(ledger{}).CatchUp(t.Context()))
	_, err := f.db.Write.Exec(`DROP TABLE projection_runner`)
	require.NoError(t, err)
	require.Equal(t, int64(3), f.status().EventsApplied)
	require.Empty(t, f.status().StandingBy)
	f.deposits(3)
	require.NoError(t, f.projector(ledger{}).CatchUp(t.Context()))
	require.Equal(t, int64(6), f.status().EventsApplied)
}

// runners returns what stands in the table of those who run, dead or alive.
func (f *fixture) runners() (roles []string) {
	f.t.Helper()
	rows, err := f.db.Read.Query(`SELECT role FROM projection_runner ORDER BY role`)
	require.NoError(f.t, err)
	defer rows.Close()
	for rows.Next() {
		var role string
		require.NoError(f.t, rows.Scan(&role))
		roles = append(roles, role)
	}
	require.NoError(f.t, rows.Err())
	return roles
}
