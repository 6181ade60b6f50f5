package saga_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

var sideRef = saga.Ref{Name: "Side", ID: "1"}

// slow is an attempt that is given up after a minute, once and for all.
func slow() saga.StepOptions {
	o := once()
	o.Timeout = time.Minute
	return o
}

// lingering is a saga of two branches that were begun, of which the first has been given up and still runs.
func lingering(t *testing.T, def saga.Definition[goods], workers int) *node {
	n := newWorld(t).node(workers, def, orderDef())
	n.start(sideRef, someGoods)
	n.took(sideRef)
	require.Len(t, n.running, 2)
	n.pass(time.Minute)
	n.fireDue()
	return n
}

func TestASagaThatIsOverKeepsNoSlotsButThoseOfAttemptsThatHaveNotReturned(t *testing.T) {
	n := lingering(t, define("Side", saga.Parallel("look", readOnly("a", slow()), readOnly("b", once()))), 2)
	n.took(sideRef)
	n.start(orderRef, someGoods)
	n.took(orderRef)
	require.Equal(t, 1, n.engine.Counts().Queued)
	n.returns(n.running[1], failed)
	n.settle()
	require.Equal(t, saga.StateFailed, n.fold(sideRef).State())
	require.Equal(t, orderRef, n.ran(orderRef).Ref, "the slot of b is free again")
	n.returns(n.ran(sideRef), failed)
	other := saga.Ref{Name: "Order", ID: "8"}
	n.start(other, someGoods)
	n.took(other)
	require.Equal(t, other, n.ran(other).Ref, "and that of a when it has returned")
}

func TestASagaThatIsSetAsideKeepsNoSlotsButThoseOfAttemptsThatHaveNotReturned(t *testing.T) {
	n := newWorld(t).node(3, define("Side", saga.Parallel("look", readOnly("a", once()), readOnly("b", once()), readOnly("c", once()))), orderDef())
	n.start(sideRef, someGoods)
	n.took(sideRef)
	n.returns(n.running[0], ok("x"))
	n.refuse(sideRef)
	for i, id := range []string{"1", "2", "3"} {
		ref := saga.Ref{Name: "Order", ID: id}
		n.start(ref, someGoods)
		n.took(ref)
		require.Equal(t, ref, n.ran(ref).Ref)
		if i < 2 {
			n.returns(n.ran(sideRef), ok("x"))
		}
	}
}

// The append that gives an attempt up loses against a signal, and meanwhile another branch ends: what waits is decided
// together, and must not begin the way back beside the attempt.
func TestNothingBeginsBesideAnAttemptWhoseTimeoutIsDecidedAnew(t *testing.T) {
	n := lingering(t, define("Side", saga.Parallel("pay", compensable("a", slow()), compensable("b", once()),
		saga.Await[goods]("yes", saga.AwaitOptions[string]{}))), 2)
	events, err := n.fold(sideRef).Decide(saga.DeliverSignal{Now: n.now, ID: "1", Name: "yes"})
	require.NoError(t, err)
	n.write(sideRef, events...)
	require.False(t, n.took(sideRef))
	n.returns(n.running[1], ok("x"))
	n.settle()
	require.Equal(t, []string{
		"StepTimedOut", "StepGivenUp", "StepCompleted", "CompensationRequested",
	}, n.types(sideRef, 6))
	n.returns(n.running[0], failed)
	n.settle()
	require.Equal(t, saga.Compensation, n.ran(sideRef).Direction)
}

func TestAWaitAndADeadlineEndAlsoWhileTheSagaWaitsForASlot(t *testing.T) {
	instead := "nobody said anything"
	def := define("Side", saga.Parallel("pay", compensable("a", slow()),
		saga.Await[goods]("yes", saga.AwaitOptions[string]{Timeout: time.Minute, Default: &instead})))
	def.Deadline = 2 * time.Minute
	n := newWorld(t).node(1, orderDef(), def)
	n.start(orderRef, someGoods) // has the only slot
	n.took(orderRef)
	n.start(sideRef, someGoods)
	n.took(sideRef)
	require.Equal(t, 1, n.engine.Counts().Queued)
	n.pass(time.Minute)
	n.fireDue()
	n.took(sideRef)
	require.True(t, n.streams[sideRef][2].(saga.StepCompleted).Lapsed)
	n.pass(time.Minute)
	n.fireDue()
	n.took(sideRef)
	require.Equal(t, []string{"SagaOverdue", "CompensationRequested", "SagaFailed"}, n.types(sideRef, 3))
}
