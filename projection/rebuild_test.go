package projection_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/projection"
	"github.com/skaldgo/skald/projection/sqlitedb"
)

func TestARebuildMakesWhatWasThereRowForRow(t *testing.T) {
	f := newFixture(t)
	f.deposits(40)
	sent := &counting{Store: f.store}
	f.store = sent
	require.NoError(t, f.projector(ledger{}).CatchUp(t.Context()))
	live, at := f.dump(), f.status()
	for range 3 {
		require.NoError(t, f.projector(ledger{}, batchSize(7)).Rebuild(t.Context()))
		require.Equal(t, live, f.dump())
		require.Equal(t, at.Position, f.status().Position)
		require.Equal(t, at.EventsApplied, f.status().EventsApplied)
		require.Empty(t, f.scratch())
		require.Equal(t, 2, f.indexes())
	}
	require.Zero(t, sent.appends.Load(), "a rebuild appends nothing")
}

func TestARebuildMakesTheReadModelWhenThereIsNone(t *testing.T) {
	f := newFixture(t)
	f.deposits(5)
	require.NoError(t, f.projector(ledger{}).Rebuild(t.Context()))
	require.Equal(t, projection.StateStopped, f.status().State)
	f.deposits(5)
	require.NoError(t, f.projector(ledger{}).CatchUp(t.Context()))
	require.Equal(t, f.fold(ledger{}), f.dump())
}

func TestARebuildMendsWhatSomebodyBroke(t *testing.T) {
	f := newFixture(t)
	f.deposits(5)
	require.NoError(t, f.projector(ledger{}).CatchUp(t.Context()))
	_, err := f.db.Write.Exec(`DELETE FROM balances`)
	require.NoError(t, err)
	_, err = f.db.Write.Exec(`DROP TABLE entries`)
	require.NoError(t, err)
	require.NoError(t, f.projector(ledger{}).Rebuild(t.Context()))
	require.Equal(t, f.fold(ledger{}), f.dump())
}

func TestARebuildKeepsViewsThatPeopleMadeThemselves(t *testing.T) {
	f := newFixture(t)
	f.deposits(5)
	require.NoError(t, f.projector(ledger{}).CatchUp(t.Context()))
	_, err := f.db.Write.Exec(`CREATE VIEW mine AS SELECT sum(cents) AS cents FROM balances`)
	require.NoError(t, err)
	require.NoError(t, f.projector(ledger{}).Rebuild(t.Context()))
	var cents int
	require.NoError(t, f.db.Read.QueryRow(`SELECT cents FROM mine`).Scan(&cents))
	require.Equal(t, 0+1+2+3+4, cents)
}

func TestARebuildDropsWhatTheNewVersionDoesNotDescribe(t *testing.T) {
	f := newFixture(t)
	f.deposits(5)
	require.NoError(t, f.projector(ledger{}).CatchUp(t.Context()))
	require.NoError(t, f.projector(other{}).Rebuild(t.Context()))
	require.Equal(t, []string{"notes", "projection_checkpoint", "projection_quarantine", "projection_runner"}, f.relations())
}

func TestARebuildThatFailsLeavesEverythingAsItWas(t *testing.T) {
	f := newFixture(t)
	f.deposits(20)
	require.NoError(t, f.projector(ledger{}).CatchUp(t.Context()))
	live, at := f.dump(), f.status()
	fails := func(t *testing.T, ctx context.Context, l ledger, want ...error) {
		t.Helper()
		err := f.projector(l, batchSize(4)).Rebuild(ctx)
		for _, target := range want {
			require.ErrorIs(t, err, target)
		}
		require.Equal(t, live, f.dump())
		require.Equal(t, at, f.status())
		require.Empty(t, f.scratch())
	}
	t.Run("on an event that cannot be applied", func(t *testing.T) {
		l := ledger{before: func(eventstore.RecordedEvent) error { return errBad }}
		fails(t, t.Context(), l, projection.ErrPoison, errBad)
	})
	t.Run("because it is cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		fails(t, ctx, ledger{before: func(eventstore.RecordedEvent) error { cancel(); return nil }}, context.Canceled)
	})
}

func TestARebuildThatDiedIsCleanedUpByTheNextStart(t *testing.T) {
	f := newFixture(t)
	f.deposits(20)
	require.NoError(t, f.projector(ledger{}).CatchUp(t.Context()))
	live := f.dump()

	// Rebuilt on a copy of the file made in the middle: what a killed process leaves behind.
	copied := t.TempDir() + "/copy.db"
	once, elsewhere := false, f.elsewhere()
	err := f.projector(ledger{before: func(e eventstore.RecordedEvent) error {
		if e.Revision == 2 && !once {
			once = true
			_, err := elsewhere.Write.Exec(`VACUUM INTO ?`, copied)
			return err
		}
		return nil
	}}, batchSize(2)).Rebuild(t.Context())
	require.NoError(t, err)
	require.True(t, once)

	f.db, err = sqlitedb.Open(t.Context(), copied)
	require.NoError(t, err)
	defer func() { require.NoError(t, f.db.Close()) }()
	require.NotEmpty(t, f.scratch())
	require.Equal(t, live, f.dump())
	require.NotNil(t, f.status().Rebuild)

	require.NoError(t, f.projector(ledger{}).CatchUp(t.Context()))
	require.NotEmpty(t, f.scratch(), "it may still be running, for all that can be known")

	later := func(c *projection.Config) { c.Clock = func() time.Time { return time.Now().Add(time.Minute) } }
	require.NoError(t, f.projector(ledger{}, later).CatchUp(t.Context()))
	require.Empty(t, f.scratch())
	require.Nil(t, f.status().Rebuild)
	require.Equal(t, live, f.dump())
}

func TestARebuildEndsNoEarlierThanTheLiveTables(t *testing.T) {
	for _, poisoned := range []bool{false, true} {
		f := newFixture(t)
		f.deposits(20)
		require.NoError(t, f.projector(ledger{}).CatchUp(t.Context()))
		reads := 0
		store := &hooked{Store: f.store, ended: func() {
			if reads++; reads == 2 { // all that is left is the swap, when the live tables move on
				f.deposits(20)
				require.NoError(t, f.projector(ledger{}).CatchUp(t.Context()))
			}
		}}
		l := ledger{before: func(e eventstore.RecordedEvent) error {
			if poisoned && e.Stream == "account-a1" && e.Revision == 4 {
				return errors.New("bad event")
			}
			return nil
		}}
		p := f.projector(l, quarantine, func(c *projection.Config) { c.Store = store })
		require.NoError(t, p.Rebuild(t.Context()))
		require.Equal(t, eventstore.NewPosition(40, 0), f.status().Position)
		require.Empty(t, f.scratch())
		if poisoned {
			require.Equal(t, 1, f.status().Quarantined)
			require.NoError(t, f.projector(ledger{}).Redrive(t.Context(), "account-a1"))
		}
		require.Equal(t, int64(40), f.status().EventsApplied)
		require.Equal(t, f.fold(ledger{}), f.dump())
	}
}

func TestOfTwoRebuildsTheLaterOneWins(t *testing.T) {
	f := newFixture(t)
	f.deposits(20)
	require.NoError(t, f.projector(ledger{}).CatchUp(t.Context()))
	gate, reached := make(chan struct{}), make(chan struct{})
	slow := &gated{Store: f.store, at: 10, gate: gate, reached: reached}
	first := f.projector(ledger{}, batchSize(2), func(c *projection.Config) { c.Store = slow })
	result := make(chan error, 1)
	go func() { result <- first.Rebuild(context.Background()) }()
	<-reached
	require.NoError(t, f.projector(ledger{}).Rebuild(t.Context()))
	close(gate)
	require.ErrorIs(t, <-result, projection.ErrSuperseded)
	require.Equal(t, f.fold(ledger{}), f.dump())
	require.Empty(t, f.scratch())
}

func TestRebuildsUnderALiveProjectorAreSafe(t *testing.T) {
	f := newFixture(t)
	f.deposits(100)
	hook, wait := signal()
	stop := run(t, f.projector(ledger{after: hook}, batchSize(5)))
	wait(t, "account-a0", 2)

	elsewhere := f.elsewhere()
	ctx, cancel := context.WithCancel(t.Context())
	var reads atomic.Int64
	readers := make(chan error, 1)
	go func() { readers <- f.readUntil(ctx, &reads) }()
	last := f.status().Position
	for i := range 8 {
		f.deposits(20)
		seen := reads.Load()
		rebuilder := f.projector(ledger{}, batchSize(9), func(c *projection.Config) {
			if i%2 == 0 {
				c.DB = elsewhere.Write
			}
		})
		require.NoError(t, rebuilder.Rebuild(t.Context()))
		f.deposit("a0", 1)
		at := f.status().Position
		require.GreaterOrEqual(t, at.Compare(last), 0, "the checkpoint never goes back")
		last = at
		eventually(t, "reads between the rebuilds", func() bool { return reads.Load() > seen })
	}
	wait(t, "account-a0", f.next["account-a0"]-1)
	cancel()
	require.NoError(t, <-readers)
	require.Equal(t, projection.StateLive, f.status().State)
	require.NoError(t, stop(), "the live projector went on through all of it")
	require.Equal(t, f.fold(ledger{}), f.dump())
	require.Equal(t, int64(100+8*21), f.status().EventsApplied)
}

func TestAnOldProgramThatIsLiveStopsWhenANewOneRebuilds(t *testing.T) {
	f := newFixture(t)
	f.deposits(10)
	hook, wait := signal()
	stop := run(t, f.projector(ledger{after: hook}))
	wait(t, "account-a2", 1)
	done := make(chan error, 1)
	go func() { done <- f.projector(ledger{version: 2}).Rebuild(t.Context()) }()
	require.NoError(t, <-done)
	eventually(t, "the old one has looked", func() bool { return f.status().State == projection.StateStopped })
	require.ErrorIs(t, stop(), projection.ErrOtherVersion)
	require.Empty(t, f.status().Holder, "it gave the read model back")
	require.Equal(t, f.fold(ledger{version: 2}), f.dump())
}
