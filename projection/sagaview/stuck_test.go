package sagaview_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/projection"
	"github.com/skaldgo/skald/projection/sagaview"
	"github.com/skaldgo/skald/saga"
)

const stuckGrace = 30 * time.Second // the default

// requireStuckAfter demands that the one saga of the log is stuck one millisecond after the grace, and not before.
func (f *fixture) requireStuckAfter(due time.Time, waitsFor string) {
	f.now = due.Add(stuckGrace)
	f.catchUp()
	all := f.list(sagaview.Query{}).Sagas
	require.Len(f.t, all, 1)
	require.Equal(f.t, due, all[0].NextDue)
	require.Equal(f.t, waitsFor, all[0].WaitsFor)
	require.False(f.t, all[0].Stuck, "the grace has not passed")
	require.Empty(f.t, f.ids(sagaview.Query{Stuck: true}))
	require.Zero(f.t, f.count().Stuck)

	f.pass(time.Millisecond)
	f.catchUp()
	require.True(f.t, f.list(sagaview.Query{}).Sagas[0].Stuck)
	require.Len(f.t, f.ids(sagaview.Query{Stuck: true}), 1)
	require.Equal(f.t, 1, f.count().Stuck)
	overdue := query(f.t, f.db.Read, "SELECT overdue_ms FROM stuck_sagas")
	require.Equal(f.t, []map[string]any{{"overdue_ms": stuckGrace.Milliseconds() + 1}}, overdue)
}

func (f *fixture) requireNeverStuck() {
	f.pass(10_000 * time.Hour)
	f.catchUp()
	require.Empty(f.t, f.ids(sagaview.Query{Stuck: true}))
	require.Zero(f.t, f.count().Stuck)
	for _, s := range f.list(sagaview.Query{}).Sagas {
		require.False(f.t, s.Stuck)
		require.Zero(f.t, s.NextDue)
	}
}

func TestASagaIsStuckOnceWhatWasDueIsOverdueByMoreThanTheGrace(t *testing.T) {
	t.Run("an attempt that has not ended by its deadline", func(t *testing.T) {
		f := newFixture(t)
		f.begin(orderDef(), "1")
		f.requireStuckAfter(noon.Add(5*time.Minute), "the action of step reserve to end")
	})
	t.Run("an attempt of a compensation that has not ended by its deadline", func(t *testing.T) {
		f := newFixture(t)
		f.begin(orderDef(), "1").ends(done, refused)
		f.requireStuckAfter(noon.Add(5*time.Minute), "the compensation of step reserve to end")
	})
	t.Run("a retry that has not begun when it was due", func(t *testing.T) {
		f := newFixture(t)
		f.begin(orderDef(), "1").ends(failed)
		f.catchUp()
		due := f.list(sagaview.Query{}).Sagas[0].NextDue
		require.WithinRange(t, due, noon.Add(time.Millisecond), noon.Add(2*time.Second))
		f.requireStuckAfter(due, "the next attempt of the action of step reserve")
	})
	t.Run("a saga of which nothing has started", func(t *testing.T) {
		f := newFixture(t)
		f.tale(orderDef(), "1").start(orderDef(), false)
		f.requireStuckAfter(noon.Add(time.Minute), "step reserve to start")
	})
	t.Run("a step that has not followed the one before", func(t *testing.T) {
		f := newFixture(t)
		s := f.begin(orderDef(), "1")
		f.pass(time.Second)
		command, _ := s.open()
		command.Outcome, command.Go = done, false
		s.decide(command)
		f.requireStuckAfter(noon.Add(time.Second+time.Minute), "the next step to start")
	})
	t.Run("a saga that was redriven and not gone on with", func(t *testing.T) {
		f := newFixture(t)
		s := f.begin(onceDef(), "1").ends(done, refused, refused)
		f.pass(time.Hour)
		s.redrive()
		f.requireStuckAfter(noon.Add(time.Hour+time.Minute), "step reserve to start again")
	})
}

func TestTheGracesAreThoseOfTheConfig(t *testing.T) {
	f := newFixture(t)
	view, err := sagaview.New(sagaview.Config{StartGrace: 10 * time.Second, StuckGrace: 5 * time.Second})
	require.NoError(t, err)
	own := func(c *projection.Config) { c.Projection = view }
	f.tale(orderDef(), "1").start(orderDef(), false)
	f.pass(15 * time.Second)
	require.NoError(t, f.projector(own).CatchUp(t.Context()))
	require.Zero(t, f.count().Stuck)
	f.pass(time.Millisecond)
	require.NoError(t, f.projector(own).CatchUp(t.Context()))
	require.Equal(t, 1, f.count().Stuck)
}

func TestASagaThatWaitsForAPersonIsNeverStuck(t *testing.T) {
	f := newFixture(t)
	s := f.begin(onceDef(), "1").ends(done, refused, refused)
	_, parked := s.inst.Parked()
	require.True(t, parked)
	f.requireNeverStuck()
}

func TestASagaThatIsPausedIsNeverStuckWhateverComesOfItsAttempt(t *testing.T) {
	for _, outcome := range []saga.Outcome{done, {Kind: saga.FailedTransiently, Error: "broken"}} {
		f := newFixture(t)
		s := f.begin(orderDef(), "1")
		s.decide(saga.Pause{Actor: "ann", Reason: "stocktaking", SeenRevision: saga.NotSeen})
		s.ends(outcome)
		_, paused := s.inst.Paused()
		require.True(t, paused)
		f.requireNeverStuck()
	}
}

func TestASagaThatHasEndedIsNeverStuck(t *testing.T) {
	f := newFixture(t)
	completed, undone := f.begin(orderDef(), "1").ends(done, done), f.begin(orderDef(), "2").ends(done, refused, done)
	require.Equal(t, saga.StateCompleted, completed.inst.State())
	require.Equal(t, saga.StateFailed, undone.inst.State())
	f.requireNeverStuck()
}

func TestAProjectionThatLagsReportsLagAndNoSagaAsStuck(t *testing.T) {
	t.Run("when it stands still", func(t *testing.T) {
		f := newFixture(t)
		f.now = time.Now() // the clock by which the store records events
		s := f.begin(orderDef(), "1")
		f.catchUp()
		s.ends(done, done)
		f.pass(time.Hour)
		status, err := f.projector().Status(t.Context())
		require.NoError(t, err)
		require.GreaterOrEqual(t, status.Lag, 59*time.Minute)
		require.Zero(t, f.count().Stuck, "the saga has ended, which the projection has not seen yet")
		f.catchUp()
		require.Zero(t, f.count().Stuck)
		require.Equal(t, f.now.UnixMilli(), f.count().AsOf.CaughtUpAt.UnixMilli())
	})
	t.Run("on its first way to the head", func(t *testing.T) {
		f := newFixture(t)
		f.begin(orderDef(), "1")
		f.append(ref("Order", 2).Stream(), "Unheard", "{}") // ends the way before the head
		f.pass(time.Hour)
		require.ErrorIs(t, f.projector().CatchUp(t.Context()), projection.ErrPoison)
		require.Equal(t, []string{"1"}, f.ids(sagaview.Query{Open: true}), "it has been applied")
		require.Zero(t, f.count().AsOf.CaughtUpAt)
		require.Zero(t, f.count().Stuck)
	})
	t.Run("on a later way to the head", func(t *testing.T) {
		f := newFixture(t)
		f.catchUp()
		f.begin(orderDef(), "1")
		f.append(ref("Order", 2).Stream(), "Unheard", "{}")
		f.pass(time.Hour)
		require.ErrorIs(t, f.projector().CatchUp(t.Context()), projection.ErrPoison)
		require.Zero(t, f.count().Stuck)
		require.NoError(t, f.projector(quarantine).CatchUp(t.Context()))
		require.Equal(t, 1, f.count().Stuck, "now everything is known")
	})
}
