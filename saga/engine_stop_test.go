package saga_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

func TestDuringTheGraceOfAStopOutcomesAreRecordedAndNothingStarts(t *testing.T) {
	for name, c := range map[string]struct {
		outcome saga.Outcome
		want    []string
	}{
		"a success":         {ok("r"), []string{"StepCompleted"}},
		"an error":          {failed, []string{"StepFailed", "StepRetryScheduled"}},
		"a permanent error": {refused, []string{"StepFailed", "CompensationRequested", "SagaFailed"}},
	} {
		t.Run(name, func(t *testing.T) {
			n := newWorld(t).node(1, orderDef())
			n.start(orderRef, someGoods)
			n.took(orderRef)
			waiting := saga.Ref{Name: "Order", ID: "8"}
			n.start(waiting, someGoods)
			n.took(waiting)
			n.handle(saga.StopRequested{})
			token := n.start(saga.Ref{Name: "Order", ID: "9"}, someGoods)
			require.ErrorIs(t, n.replies[token].Err, saga.ErrStopping)
			require.False(t, n.engine.Drained())
			n.step(orderRef, c.outcome)
			require.Equal(t, c.want, n.types(orderRef, 2))
			require.Empty(t, n.appends)
			require.Equal(t, []string{"SagaStarted"}, n.types(waiting, 0))
			require.True(t, n.engine.Drained())
		})
	}
}

func TestAfterTheGraceErrorsAreInterruptionsAndSuccessesStaySuccesses(t *testing.T) {
	for name, c := range map[string]struct {
		outcome saga.Outcome
		want    []string
	}{
		"a success":         {ok("r"), []string{"StepCompleted"}},
		"an error":          {failed, []string{"StepInterrupted"}},
		"a panic":           {panicked, []string{"StepInterrupted"}},
		"a permanent error": {refused, []string{"StepFailed", "CompensationRequested", "SagaFailed"}},
	} {
		t.Run(name, func(t *testing.T) {
			n := newWorld(t).node(1, orderDef())
			n.start(orderRef, someGoods)
			n.took(orderRef)
			n.handle(saga.StopRequested{})
			n.handle(saga.GraceEnded{})
			require.Equal(t, 1, n.cancels)
			n.step(orderRef, c.outcome)
			require.Equal(t, c.want, n.types(orderRef, 2))
			require.True(t, n.engine.Drained())
		})
	}
}

func TestAnAttemptWhoseRecordIsInFlightWhenTheStopComesNeverRuns(t *testing.T) {
	w := newWorld(t)
	n := w.node(1, orderDef())
	n.start(orderRef, someGoods)
	n.handle(saga.StopRequested{})
	n.took(orderRef)
	n.took(orderRef)
	require.Equal(t, []string{"SagaStarted", "StepStarted", "StepInterrupted"}, n.types(orderRef, 0))
	require.Empty(t, n.running)
	require.True(t, n.engine.Drained())

	heir := w.node(1, orderDef())
	heir.restore(orderRef)
	heir.settle()
	require.Equal(t, 2, heir.ran(orderRef).Attempt)
}

func TestARestartTakesOverAnOpenAttempt(t *testing.T) {
	w := newWorld(t)
	n := w.node(1, orderDef())
	n.start(orderRef, someGoods)
	n.took(orderRef)
	heir := w.node(1, orderDef())
	heir.restore(orderRef)
	heir.settle()
	require.Equal(t, []string{"StepInterrupted", "StepStarted"}, w.types(orderRef, 2))
	require.Equal(t, 2, heir.ran(orderRef).Attempt)
}

func TestARestartFindsAnAttemptWhoseDeadlineHasPassed(t *testing.T) {
	w := newWorld(t)
	n := w.node(1, orderDef())
	n.start(orderRef, someGoods)
	n.took(orderRef)
	w.pass(2 * saga.DefaultTimeout)
	heir := w.node(1, orderDef())
	heir.restore(orderRef)
	heir.settle()
	require.Equal(t, []string{"StepTimedOut", "StepRetryScheduled", "StepStarted"}, w.types(orderRef, 2))
}

func TestARestartTakesOverOneByOneAsSlotsComeFree(t *testing.T) {
	w := newWorld(t)
	n := w.node(3, orderDef())
	for _, ref := range refs(3) {
		n.start(ref, someGoods)
		n.took(ref)
	}
	heir := w.node(1, orderDef())
	for _, ref := range refs(3) {
		heir.restore(ref)
	}
	heir.settle()
	require.Len(t, heir.running, 1)
	require.Equal(t, 2, heir.engine.Counts().Queued)
	require.Len(t, w.streams[refs(3)[2]], 2, "an attempt is not interrupted before its successor can start")
	for _, ref := range refs(3) {
		heir.step(ref, refused)
		heir.settle()
		for w.fold(ref).State() == saga.StateCompensating {
			heir.step(ref, undone)
			heir.settle()
		}
		require.Equal(t, saga.StateFailed, w.fold(ref).State())
	}
	requireForgotten(t, heir)
}

func TestARestartKeepsTheInstantOfARetry(t *testing.T) {
	w := newWorld(t)
	n := w.node(1, orderDef())
	n.start(orderRef, someGoods)
	n.took(orderRef)
	n.step(orderRef, failed)
	heir := w.node(1, orderDef())
	heir.restore(orderRef)
	require.Equal(t, n.timers, heir.timers)
	require.Empty(t, heir.appends)
}

func TestARestartLeavesAParkedSagaParked(t *testing.T) {
	w := newWorld(t)
	n := w.node(1, define("Order", retriable("r", once())))
	n.start(orderRef, someGoods)
	n.took(orderRef)
	n.step(orderRef, failed)
	heir := w.node(1, define("Order", retriable("r", once())))
	heir.restore(orderRef)
	require.Empty(t, heir.appends)
	require.Equal(t, 1, heir.engine.Counts().Parked)
}

func TestARestartLetsASagaGoThatHadEnded(t *testing.T) {
	w := newWorld(t)
	n := w.node(1, define("Order", compensable("a", once())))
	n.start(orderRef, someGoods)
	n.took(orderRef)
	n.step(orderRef, ok("x"))
	heir := w.node(1, orderDef())
	heir.restore(orderRef)
	requireForgotten(t, heir)
}
