package projection_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/projection"
)

var errBad = errors.New("bad event")

// newPoisoned returns a log of 30 events over seven streams, one of which refuse refuses.
func newPoisoned(t *testing.T) *fixture {
	t.Helper()
	f := newFixture(t)
	f.deposits(30) // a2 has revisions 0 to 3
	return f
}

func refuse(e eventstore.RecordedEvent) error {
	if e.Stream == "account-a2" && e.Revision == 1 {
		return errBad
	}
	return nil
}

func TestAnEventThatCannotBeAppliedStopsTheProjectionAndIsNamed(t *testing.T) {
	f := newPoisoned(t)
	for range 2 { // again after a restart
		err := f.projector(ledger{before: refuse}).Run(soon(t))
		var poison *projection.PoisonError
		require.ErrorAs(t, err, &poison)
		require.ErrorIs(t, err, errBad)
		poison.Err = nil
		require.Equal(t, &projection.PoisonError{Projection: "ledger", Stream: "account-a2", Revision: 1,
			Position: eventstore.NewPosition(10, 0), Type: "Deposited"}, poison)
		s := f.status()
		require.Equal(t, projection.StateStopped, s.State)
		require.Contains(t, s.LastError, "bad event")
		require.Contains(t, s.LastError, "account-a2")
		require.Equal(t, int64(9), s.EventsApplied)
	}
	require.NoError(t, f.projector(ledger{}).CatchUp(t.Context()))
	require.Empty(t, f.status().LastError)
	require.Equal(t, f.fold(ledger{}), f.dump())
}

func TestAnEventThatCannotBeAppliedSetsItsStreamAsideWhenSoConfigured(t *testing.T) {
	f := newPoisoned(t)
	for _, size := range []int{4, 1000} { // the second goes on from the first, knowing the quarantine
		require.NoError(t, f.projector(ledger{before: refuse}, quarantine, batchSize(size)).CatchUp(t.Context()))
	}
	f.deposit("a2", 7)
	f.deposit("a3", 7)
	require.NoError(t, f.projector(ledger{before: refuse}, quarantine).CatchUp(t.Context()))

	s := f.status()
	require.Equal(t, 1, s.Quarantined)
	require.Equal(t, int64(32-1-3), s.EventsApplied)
	list, err := projection.ReadQuarantine(t.Context(), f.db.Read, "ledger")
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.False(t, list[0].Since.IsZero())
	list[0].Since = s.UpdatedAt
	require.Equal(t, projection.Quarantined{Stream: "account-a2", Revision: 1, Type: "Deposited",
		Position: eventstore.NewPosition(10, 0), Error: "bad event", Skipped: 3, Since: s.UpdatedAt}, list[0])
	var rows int
	require.NoError(t, f.db.Read.QueryRow(`SELECT count(*) FROM entries WHERE stream = 'account-a2'`).Scan(&rows))
	require.Equal(t, 1, rows, "the stream stands where it was set aside")
}

func TestAStreamSetAsideIsRedrivenWhileAProjectorIsLive(t *testing.T) {
	f := newPoisoned(t)
	hook, wait := signal()
	stop := run(t, f.projector(ledger{before: refuse, after: hook}, quarantine))
	eventually(t, "quarantine", func() bool { return f.status().Quarantined == 1 })

	err := f.projector(ledger{before: refuse}).Redrive(t.Context(), "account-a2")
	require.ErrorIs(t, err, projection.ErrPoison)
	require.Equal(t, 1, f.status().Quarantined, "still")
	require.ErrorIs(t, f.projector(ledger{}).Redrive(t.Context(), "account-a3"), projection.ErrNotQuarantined)

	require.NoError(t, f.projector(ledger{}).Redrive(t.Context(), "account-a2"))
	require.Zero(t, f.status().Quarantined)
	f.deposit("a2", 7)
	wait(t, "account-a2", f.next["account-a2"]-1)
	require.NoError(t, stop())
	require.Equal(t, f.fold(ledger{}), f.dump())
	require.Equal(t, int64(31), f.status().EventsApplied)
}

func TestAStreamSetAsideHasAnotherChanceInARebuild(t *testing.T) {
	f := newPoisoned(t)
	require.NoError(t, f.projector(ledger{before: refuse}, quarantine).CatchUp(t.Context()))
	old := f.dump()
	require.ErrorIs(t, f.projector(ledger{before: refuse}).Rebuild(t.Context()), projection.ErrPoison)
	require.Equal(t, old, f.dump())
	require.Equal(t, 1, f.status().Quarantined)
	require.Empty(t, f.scratch())

	require.NoError(t, f.projector(ledger{before: refuse}, quarantine).Rebuild(t.Context()))
	require.Equal(t, old, f.dump())
	require.Equal(t, 1, f.status().Quarantined)

	require.NoError(t, f.projector(ledger{}).Rebuild(t.Context()))
	require.Zero(t, f.status().Quarantined)
	require.Equal(t, f.fold(ledger{}), f.dump())
}

func TestAnEventIsNotBlamedForAFaultThatIsGoneWhenItComesAlone(t *testing.T) {
	f := newPoisoned(t)
	failed := false
	once := ledger{before: func(e eventstore.RecordedEvent) error {
		if err := refuse(e); err != nil && !failed {
			failed = true
			return err
		}
		return nil
	}}
	require.NoError(t, f.projector(once, quarantine).CatchUp(t.Context()))
	require.True(t, failed)
	require.Zero(t, f.status().Quarantined)
	require.Equal(t, f.fold(ledger{}), f.dump())
}

func TestAnEventIsNotBlamedWhenTheDatabaseIsFull(t *testing.T) {
	f := newPoisoned(t)
	full := ledger{before: func(e eventstore.RecordedEvent) error {
		if err := refuse(e); err != nil {
			return fullError{}
		}
		return nil
	}}
	err := f.projector(full, quarantine).CatchUp(t.Context())
	require.ErrorIs(t, err, fullError{})
	require.NotErrorIs(t, err, projection.ErrPoison)
	require.Zero(t, f.status().Quarantined)
	require.NoError(t, f.projector(ledger{}).CatchUp(t.Context()))
	require.Equal(t, f.fold(ledger{}), f.dump())
}

// fullError looks like the SQLite driver's when the disk is full.
type fullError struct{}

func (fullError) Error() string { return "database or disk is full" }
func (fullError) Code() int     { return 13 }
