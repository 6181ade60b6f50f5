package saga_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

func version(v int, steps ...saga.Step[goods]) saga.Definition[goods] {
	return saga.Definition[goods]{Name: "V", Version: v, Steps: steps}
}

var versionRef = saga.Ref{Name: "V", ID: "1"}

// ofVersion2 is a world in which a saga of version 2 has begun.
func ofVersion2(t *testing.T) (*world, *node) {
	w := newWorld(t)
	n := w.node(1, version(2, compensable("a", once()), compensable("b", once())))
	n.start(versionRef, someGoods)
	n.took(versionRef)
	return w, n
}

func TestASagaOfAHigherVersionIsLeftAlone(t *testing.T) {
	w, _ := ofVersion2(t)
	n := w.node(1, version(1, compensable("a", once())))
	n.restore(versionRef)
	require.Empty(t, n.appends)
	require.Equal(t, []saga.Excluded{{Ref: versionRef, Reason: "it runs version 2, the highest registered is 1"}}, n.engine.Untouched())
	require.Equal(t, []saga.Ref{versionRef}, n.engine.Open())
	require.Zero(t, n.engine.Counts().InHand)
	token := n.start(versionRef, someGoods)
	n.settle()
	require.Equal(t, saga.Reply{Token: token}, n.replies[token], "a start of it finds it all the same")
	require.Equal(t, 1, n.engine.Counts().Untouched)
}

func TestASagaOfALowerVersionGoesOnByItsOwnPlan(t *testing.T) {
	w, _ := ofVersion2(t)
	n := w.node(1, version(3, compensable("c", once()), compensable("b", once()), compensable("a", once())))
	n.restore(versionRef)
	n.settle()
	n.step(versionRef, ok("a"))
	n.settle()
	require.Equal(t, "b", n.ran(versionRef).Step)
	n.step(versionRef, ok("b"))
	require.Equal(t, saga.StateCompleted, w.fold(versionRef).State())
	requireForgotten(t, n)
}

func TestASagaThatNeedsAStepWhichIsGoneIsParkedWhenItGetsThere(t *testing.T) {
	w, _ := ofVersion2(t)
	n := w.node(1, version(3, compensable("a", once())))
	n.restore(versionRef)
	n.settle()
	require.Equal(t, "a", n.ran(versionRef).Step)
	n.step(versionRef, ok("a"))
	n.settle()
	parked, _ := w.fold(versionRef).Parked()
	require.Equal(t, saga.ParkedStepMissing, parked.Reason)
	require.Equal(t, "b", parked.Step)
	require.Empty(t, n.running)
	require.Len(t, n.settled, 1)

	other := w.node(1, version(3, compensable("a", once()), compensable("b", once())))
	other.restore(versionRef)
	w.redrive(versionRef)
	other.follow()
	other.settle()
	require.Equal(t, "b", other.ran(versionRef).Step)
}

func TestACompensationThatIsGoneParksBeforeItStarts(t *testing.T) {
	w, first := ofVersion2(t)
	first.step(versionRef, ok("a"))
	n := w.node(1, version(3, readOnly("a", once()), compensable("b", once())))
	n.restore(versionRef)
	n.settle()
	n.step(versionRef, refused)
	n.settle()
	require.Equal(t, "b", n.ran(versionRef).Step)
	n.step(versionRef, nothing)
	n.settle()
	parked, _ := w.fold(versionRef).Parked()
	require.Equal(t, saga.Parked{
		Step: "a", Direction: saga.Compensation, Reason: saga.ParkedStepMissing,
	}, parked)
}

func TestAnOpenAttemptOfAStepThatIsGoneIsRecoveredByTheProgramThatHasIt(t *testing.T) {
	w, _ := ofVersion2(t)
	n := w.node(1, version(3, compensable("b", once())))
	n.restore(versionRef)
	n.settle()
	parked, _ := w.fold(versionRef).Parked()
	require.Equal(t, saga.ParkedStepMissing, parked.Reason)
	require.Empty(t, n.running)

	again := w.node(1, version(3, compensable("a", once()), compensable("b", once())))
	again.restore(versionRef)
	w.redrive(versionRef)
	again.follow()
	again.settle()
	require.Equal(t, "a", again.ran(versionRef).Step)
	require.Equal(t, 2, again.ran(versionRef).Attempt)
}

func TestASagaOfAnUnknownNameIsLeftAloneUntilItEnds(t *testing.T) {
	w, _ := ofVersion2(t)
	n := w.node(1, orderDef())
	n.handle(saga.SagaLoaded{Ref: versionRef, Restart: true})
	require.Equal(t, 1, n.engine.Counts().Untouched)
	n.handle(saga.EventSeen{Ref: versionRef, Revision: 9, Type: saga.TypeSagaFailed})
	requireForgotten(t, n)
}

func TestASagaThatCannotBeReadIsSetAsideAndStopsNoOther(t *testing.T) {
	n := newWorld(t).node(2, orderDef())
	broken := saga.Ref{Name: "Order", ID: "broken"}
	n.start(orderRef, someGoods)
	n.took(orderRef)
	n.handle(saga.SagaLoaded{Ref: broken, Err: errors.New("unknown type"), Restart: true})
	impossible := saga.NewInstance(saga.Ref{Name: "Order", ID: "impossible"})
	impossible.Evolve(saga.SagaCompleted{})
	n.handle(saga.SagaLoaded{Ref: impossible.Ref(), Instance: impossible, Restart: true})
	require.Equal(t, []saga.Excluded{
		{Ref: broken, Reason: "unknown type"},
		{Ref: impossible.Ref(), Reason: "revision 0: saga.SagaCompleted before SagaStarted"},
	}, n.engine.SetAside())
	for range 4 {
		n.step(orderRef, ok("x"))
	}
	require.Equal(t, 1, n.engine.Counts().Completed)
	require.Equal(t, []saga.Ref{broken, impossible.Ref()}, n.engine.Open())

	n.handle(saga.EventSeen{Ref: broken, Revision: 7, Type: saga.TypeSagaStarted})
	require.Empty(t, n.loads, "it is not tried again by itself")
	n.handle(saga.EventSeen{Ref: broken, Revision: 7, Type: saga.TypeStepRedriven})
	require.Equal(t, []saga.Ref{broken}, n.loads)
}

func TestASagaWhoseEventsTheStoreRefusesIsSetAside(t *testing.T) {
	n := newWorld(t).node(1, orderDef())
	n.start(orderRef, someGoods)
	n.took(orderRef)
	n.ends(orderRef, ok("r"))
	token := n.start(orderRef, someGoods)
	n.refuse(orderRef)
	require.ErrorIs(t, n.replies[token].Err, saga.ErrSetAside)
	require.ErrorIs(t, n.replies[token].Err, errTooLarge)
	require.Equal(t, []saga.Excluded{{Ref: orderRef, Reason: "too large"}}, n.engine.SetAside())
	require.Empty(t, n.timers)
	require.True(t, n.engine.Drained())
}

func TestAParkedSagaIsRedrivenThroughTheLog(t *testing.T) {
	ref := saga.Ref{Name: "R", ID: "1"}
	w := newWorld(t)
	n := w.node(1, define("R", retriable("r", once())))
	n.start(ref, someGoods)
	n.took(ref)
	n.step(ref, failed)
	n.follow()
	parked := n.settled[0].Instance
	require.Equal(t, 1, n.engine.Counts().Parked)
	w.redrive(ref)
	n.follow()
	n.settle()
	require.Equal(t, 2, n.ran(ref).Attempt)
	n.step(ref, ok("x"))
	requireForgotten(t, n)
	_, still := parked.Parked()
	require.True(t, still, "what was handed out does not change")
	require.Equal(t, int64(3), parked.Revision())

	t.Run("also when the log tells of it while the saga is loaded", func(t *testing.T) {
		w := newWorld(t)
		first := w.node(1, define("R", retriable("r", once())))
		first.start(ref, someGoods)
		first.took(ref)
		first.step(ref, failed)
		n := w.node(1, define("R", retriable("r", once())))
		n.handle(saga.EventSeen{Ref: ref, Type: saga.TypeSagaStarted})
		before := saga.SagaLoaded{Ref: ref, Instance: w.fold(ref), Head: w.head(ref)}
		w.redrive(ref)
		n.follow()
		n.loads = nil
		n.handle(before)
		n.settle()
		require.Equal(t, 2, n.ran(ref).Attempt)
	})
}

func TestAnAttemptThatDoesNotReturnParksItsSaga(t *testing.T) {
	w := newWorld(t)
	n := w.node(1, define("Order", compensable("a", saga.StepOptions{Timeout: time.Minute})))
	n.start(orderRef, someGoods)
	n.took(orderRef)
	n.pass(time.Minute)
	n.fireDue()
	n.took(orderRef)
	require.Equal(t, []string{"StepTimedOut", "StepRetryScheduled"}, n.types(orderRef, 2))
	n.pass(30 * time.Second)
	n.fireDue()
	require.Empty(t, n.appends, "the retry is due, but the attempt still runs")
	n.pass(30 * time.Second)
	n.fireDue()
	n.took(orderRef)
	parked, _ := w.fold(orderRef).Parked()
	require.Equal(t, saga.ParkedStillRunning, parked.Reason)
	require.Empty(t, n.timers)

	w.redrive(orderRef)
	n.follow()
	n.settle()
	n.fireDue()
	n.settle()
	_, again := w.fold(orderRef).Parked()
	require.True(t, again, "a redrive cannot start an attempt beside the one that runs")
	require.Len(t, n.running, 1)

	n.ends(orderRef, failed)
	require.Empty(t, n.appends)
	w.redrive(orderRef)
	n.follow()
	n.settle()
	require.Equal(t, 2, n.ran(orderRef).Attempt)
}
