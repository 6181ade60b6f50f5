package saga_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

func TestOfTwoEnginesWithOneSagaExactlyOneGoesOn(t *testing.T) {
	w := newWorld(t)
	one, other := w.node(1, orderDef()), w.node(1, orderDef())
	created := one.start(orderRef, someGoods)
	repeat := other.start(orderRef, someGoods)
	require.True(t, one.took(orderRef))
	require.False(t, other.took(orderRef))
	other.settle()

	require.True(t, one.replies[created].Created)
	require.Equal(t, saga.Reply{Token: repeat}, other.replies[repeat])
	require.Len(t, one.running, 1)
	require.Empty(t, other.running)
	require.Equal(t, 1, other.engine.Counts().Lost)
	require.Zero(t, other.engine.Counts().InHand)
	for range 4 {
		one.step(orderRef, ok("x"))
	}
	require.Equal(t, []saga.Ref{orderRef}, other.engine.Open(), "a saga that another runs is open all the same")
	other.follow()
	other.settle()
	requireForgotten(t, one)
	requireForgotten(t, other)
}

func TestOfTwoEnginesThatFindASagaExactlyOneGoesOn(t *testing.T) {
	w := newWorld(t)
	one, other := w.node(1, orderDef()), w.node(1, orderDef())
	start := startOf(orderDef(), w.now)
	start.Go = false
	events, _ := saga.NewInstance(orderRef).Decide(start)
	w.write(orderRef, events...)
	one.follow()
	other.follow()
	one.load(orderRef)
	other.load(orderRef)
	require.True(t, other.took(orderRef))
	require.False(t, one.took(orderRef))
	one.settle()
	require.Empty(t, one.running)
	require.Equal(t, "reserve", other.ran(orderRef).Step)
	require.Equal(t, 1, one.engine.Counts().Lost)
}

func TestAnEngineWhoseSagaWasTakenOverLetsGo(t *testing.T) {
	w := newWorld(t)
	old := w.node(1, orderDef())
	old.start(orderRef, someGoods)
	old.took(orderRef)
	heir := w.node(1, orderDef())
	heir.restore(orderRef) // as if the old one were known to be dead
	heir.settle()
	require.Equal(t, []string{"StepInterrupted", "StepStarted"}, w.types(orderRef, 2))
	require.Equal(t, 2, heir.ran(orderRef).Attempt)
	heir.step(orderRef, ok("r"))

	old.ends(orderRef, ok("r"))
	require.False(t, old.took(orderRef))
	old.settle()
	require.Equal(t, 1, old.engine.Counts().Lost)
	require.Equal(t, 1, old.engine.Counts().Conflicts)
	require.Empty(t, old.timers)
	require.Zero(t, old.engine.Counts().InHand)
	heir.step(orderRef, ok("p"))
	require.Equal(t, "ship", heir.ran(orderRef).Step)
}

func TestAConflictWithAnOperatorDoesNotMakeAnEngineLetGo(t *testing.T) {
	ref := saga.Ref{Name: "P", ID: "1"}
	w := newWorld(t)
	n := w.node(1, define("P", pivot("p", once()), retriable("r", once())))
	n.start(ref, someGoods)
	n.took(ref)
	n.pass(saga.DefaultTimeout)
	n.fireDue()
	n.took(ref) // timed out, parked, and its function still runs
	require.Equal(t, 1, n.engine.Counts().Parked)
	w.redrive(ref)
	n.ends(ref, ok("late")) // in flight behind a revision that is not the last any more
	require.False(t, n.took(ref))
	n.settle()
	require.Equal(t, []string{"StepTimedOut", "SagaParked", "StepRedriven", "StepCompleted", "StepStarted"}, n.types(ref, 2))
	require.Equal(t, "r", n.ran(ref).Step)
	n.step(ref, ok("r"))
	require.Zero(t, n.engine.Counts().Lost)
	requireForgotten(t, n)
}

func TestNewsOfASagaThatHasEndedElsewhereGoesToItsLateStream(t *testing.T) {
	ref := saga.Ref{Name: "One", ID: "1"}
	for _, outcome := range []saga.Outcome{ok("late"), failed, refused} {
		w := newWorld(t)
		n := w.node(1, define("One", readOnly("look", once())))
		n.start(ref, someGoods)
		n.took(ref)
		elsewhere := w.fold(ref)
		events, err := elsewhere.Decide(saga.RecordOutcome{Now: w.now, Step: "look", Attempt: 1, Outcome: timedOut})
		require.NoError(t, err)
		w.write(ref, events...)
		n.ends(ref, outcome)
		require.False(t, n.took(ref))
		n.settle()
		require.Equal(t, outcome.Kind == saga.Succeeded, len(n.late) == 1)
		require.Equal(t, len(n.late), n.engine.Counts().Late)
		requireForgotten(t, n)
	}
}

func TestASuccessInFlightWithTheTimeoutThatEndedItsSagaIsKept(t *testing.T) {
	ref := saga.Ref{Name: "One", ID: "1"}
	w := newWorld(t)
	n := w.node(1, define("One", readOnly("look", once()), readOnly("more", once())))
	n.start(ref, someGoods)
	n.took(ref)
	n.pass(saga.DefaultTimeout)
	n.fireDue() // the timeout is in flight
	n.ends(ref, ok("late"))
	n.handle(saga.AppendConflicted{Ref: ref}) // both are decided again, together
	n.appends = nil
	n.settle()
	require.Equal(t, saga.StateFailed, w.fold(ref).State())
	require.Len(t, n.late, 1)
	requireForgotten(t, n)
}

func TestEachConflictIsFollowedByOneLoadAndFreshEvents(t *testing.T) {
	n := newWorld(t).node(1, orderDef())
	n.start(orderRef, someGoods)
	n.took(orderRef)
	n.ends(orderRef, ok("r"))
	for range 3 {
		n.appends = nil
		n.handle(saga.AppendConflicted{Ref: orderRef})
		n.load(orderRef)
		require.Len(t, n.appends, 1)
	}
	require.True(t, n.took(orderRef))
	require.Equal(t, []string{"StepCompleted", "StepStarted"}, n.types(orderRef, 2))
}

func TestAnOutcomeThatIsDecidedAgainStartsNothingPastItsDeadline(t *testing.T) {
	n := newWorld(t).node(1, orderDef())
	n.start(orderRef, someGoods)
	n.took(orderRef)
	n.ends(orderRef, ok("r"))
	n.pass(2 * saga.DefaultTimeout) // the store took its time
	n.appends = nil
	n.handle(saga.AppendConflicted{Ref: orderRef})
	n.settle()
	require.Equal(t, 1, n.ran(orderRef).Attempt, "no attempt is lost to a deadline that has passed already")
	require.Equal(t, n.now.Add(saga.DefaultTimeout), n.ran(orderRef).Deadline)
}

func TestAnErrorAfterTheDeadlineIsATimeout(t *testing.T) {
	n := newWorld(t).node(1, orderDef())
	n.start(orderRef, someGoods)
	n.took(orderRef)
	n.pass(saga.DefaultTimeout)
	n.step(orderRef, failed) // before the timer fires
	require.Equal(t, []string{"StepTimedOut", "StepRetryScheduled"}, n.types(orderRef, 2))
}
