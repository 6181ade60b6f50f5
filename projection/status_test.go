package projection_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/projection"
	"github.com/skaldgo/skald/projection/sqlitedb"
)

func TestTheStatusOfAProjectionThatNeverRan(t *testing.T) {
	f := newFixture(t)
	f.deposits(3)
	readOnly := func(c *projection.Config) { c.DB = f.db.Read }
	s, err := f.projector(ledger{}, readOnly).Status(t.Context())
	require.NoError(t, err)
	require.Equal(t, projection.StateStopped, s.State)
	require.Zero(t, s.Version)
	require.True(t, s.Position.IsZero())
	require.Equal(t, eventstore.NewPosition(3, 0), s.Head)
	require.Positive(t, s.Lag)
	require.NoError(t, s.RebuildNeeded)
	list, err := projection.ReadQuarantine(t.Context(), f.db.Read, "ledger")
	require.NoError(t, err)
	require.Empty(t, list)
}

func TestTheLagIsTheAgeOfTheOldestEventThatIsNotApplied(t *testing.T) {
	f := newFixture(t)
	f.deposits(3)
	require.NoError(t, f.projector(ledger{}).CatchUp(t.Context()))
	f.deposit("a0", 1)
	first := f.lastEvent()
	f.deposit("a0", 1)
	hour := func(c *projection.Config) {
		c.DB, c.Clock = f.db.Read, func() time.Time { return first.RecordedAt.Add(time.Hour) }
	}
	s, err := f.projector(ledger{}, hour).Status(t.Context())
	require.NoError(t, err)
	require.Equal(t, time.Hour, s.Lag)
	require.EqualValues(t, 2, s.LagEvents)
	require.NoError(t, f.projector(ledger{}).CatchUp(t.Context()))
	s, err = f.projector(ledger{}, hour).Status(t.Context())
	require.NoError(t, err)
	require.Zero(t, s.Lag)
	require.Zero(t, s.LagEvents)
	id, err := f.store.(eventstore.Identified).LogID(t.Context())
	require.NoError(t, err)
	require.Equal(t, id, s.LogID)
	require.False(t, s.CaughtUpAt.IsZero())
}

func TestTheStatusOfAProjectorThatDiedIsStoppedWithItsName(t *testing.T) {
	f := newFixture(t)
	stop := run(t, f.projector(ledger{}))
	eventually(t, "live", func() bool { return f.status().State == projection.StateLive })
	s, err := projection.ReadStatus(t.Context(), f.db.Read, "ledger", time.Now().Add(time.Minute))
	require.NoError(t, err)
	require.Equal(t, projection.StateStopped, s.State)
	require.NotEmpty(t, s.Holder)
	require.NoError(t, stop())
}

func TestTheStatusShowsARebuildThatIsRunning(t *testing.T) {
	f := newFixture(t)
	f.deposits(9)
	reported := projection.Status{}
	l := ledger{before: func(e eventstore.RecordedEvent) error {
		if e.Revision == 1 && reported.Rebuild == nil {
			reported = f.status()
		}
		return nil
	}}
	require.NoError(t, f.projector(l, batchSize(7)).Rebuild(t.Context()))
	require.Equal(t, projection.StateRebuilding, reported.State)
	require.Equal(t, int64(7), reported.Rebuild.EventsApplied)
	require.Equal(t, eventstore.NewPosition(7, 0), reported.Rebuild.Position)
}

func TestTheStatusOfAFileThatIsNoDatabaseIsAnError(t *testing.T) {
	_, err := sqlitedb.OpenReadOnly(t.Context(), t.TempDir()+"/none.db")
	require.Error(t, err)
	_, err = sqlitedb.Open(t.Context(), t.TempDir())
	require.ErrorContains(t, err, "open read model database")
}

func (f *fixture) lastEvent() eventstore.RecordedEvent {
	f.t.Helper()
	for e, err := range f.store.ReadAll(context.Background(), eventstore.Position{}, eventstore.Backwards, eventstore.Filter{}) {
		require.NoError(f.t, err)
		return e
	}
	require.FailNow(f.t, "the log is empty")
	return eventstore.RecordedEvent{}
}
