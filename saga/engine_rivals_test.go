package saga_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

// A restarted engine takes over an open attempt; another writer comes first and leaves the attempt open. Nobody else
// runs it, so the engine must take it over all the same, or the saga would never move again.
func TestATakeOverThatLosesToAnotherWriterIsTriedAgain(t *testing.T) {
	w := newWorld(t)
	ref := saga.Ref{Name: "A", ID: "1"}
	first := w.node(1, briefly("A", false))
	first.start(ref, someGoods)
	first.took(ref) // and crashes

	second := w.node(1, briefly("A", false))
	second.restore(ref)
	require.Len(t, second.appends, 1)
	second.appends = nil // the store reports a conflict, and the attempt is still open
	second.handle(saga.AppendConflicted{Ref: ref})
	second.load(ref)
	require.True(t, second.took(ref))
	require.Equal(t, []string{saga.TypeStepInterrupted, saga.TypeStepStarted}, w.types(ref, 2))
	require.Equal(t, 2, second.ran(ref).Attempt)
}

// A deadline that has passed stays passed when the clock is put back before its record is stored.
func TestATimeoutDecidedAgainAfterAClockJumpKeepsItsInstant(t *testing.T) {
	w := newWorld(t)
	ref := saga.Ref{Name: "A", ID: "1"}
	n := w.node(1, briefly("A", false))
	n.start(ref, someGoods)
	n.took(ref)
	deadline := n.ran(ref).Deadline
	w.pass(time.Minute)
	n.fireDue()
	require.Len(t, n.appends, 1)
	n.appends = nil
	w.pass(-time.Hour)
	n.handle(saga.AppendConflicted{Ref: ref})
	n.load(ref)
	require.Len(t, n.appends, 1)
	require.False(t, n.appends[0].Envelope.At.Before(deadline), "it times out at its deadline or later")
}

// Seed 109175 of a simulation: the late success that is decided together with such a timeout belongs to the same instant,
// and so does the attempt that it starts.
func TestALateSuccessDecidedTogetherWithATimeoutBelongsToItsInstant(t *testing.T) {
	w := newWorld(t)
	n := w.node(1, orderDef())
	n.start(orderRef, someGoods)
	n.took(orderRef)
	w.pass(n.ran(orderRef).Deadline.Sub(w.now))
	n.fireDue()
	require.Len(t, n.appends, 1)
	n.appends = nil
	w.pass(-time.Hour)
	n.ends(orderRef, ok("late"))
	n.handle(saga.AppendConflicted{Ref: orderRef})
	n.load(orderRef)
	require.Len(t, n.appends, 1)
	events, at := n.appends[0].Events, n.appends[0].Envelope.At
	require.IsType(t, saga.StepTimedOut{}, events[0])
	started, is := events[len(events)-1].(saga.StepStarted)
	require.True(t, is)
	require.Equal(t, at.Add(orderDef().Plan().Steps[1].Action.Timeout()), started.Deadline)
}

// An attempt that was given up runs on here while another engine has done everything that was left. The timer that
// watches it must not be set in the past, over and over.
func TestAnAttemptThatRunsOnAfterOthersHaveDoneTheRestSetsNoTimerInThePast(t *testing.T) {
	w := newWorld(t)
	ref := saga.Ref{Name: "A", ID: "1"}
	n := w.node(1, define("A", readOnly("b", saga.StepOptions{Timeout: time.Minute, Retry: saga.RetryPolicy{MaximumAttempts: 2}})))
	n.start(ref, someGoods)
	n.took(ref)
	w.pass(time.Minute)
	n.fireDue()
	n.settle() // timed out, to be retried, and still running
	w.pass(time.Minute)
	n.fireDue()
	n.settle()
	_, parked := w.fold(ref).Parked()
	require.True(t, parked)
	// Another engine, to which the attempt belonged before, learns that it succeeded; then an operator redrives.
	w.write(ref, saga.StepCompleted{Step: "b", Attempt: 1, Result: []byte(`"x"`), Late: true})
	w.redrive(ref)
	n.follow()
	n.settle()
	w.pass(time.Hour)
	n.fireDue()
	require.Len(t, n.running, 1)
	n.ends(ref, failed)
	n.settle()
	require.Equal(t, saga.StateCompleted, w.fold(ref).State())
}
