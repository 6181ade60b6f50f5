package saga_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

func refs(count int) []saga.Ref {
	var list []saga.Ref
	for i := range count {
		list = append(list, saga.Ref{Name: "Order", ID: fmt.Sprint(i)})
	}
	return list
}

func TestSlotsGoInTheOrderOfAsking(t *testing.T) {
	n := newWorld(t).node(2, orderDef())
	list := refs(5)
	for _, ref := range list {
		n.start(ref, someGoods)
	}
	for _, ref := range list {
		n.took(ref)
	}
	require.Len(t, n.replies, 5, "a start is durable without a slot")
	require.Equal(t, []string{"SagaStarted"}, n.types(list[2], 0), "an attempt is recorded only when a slot is held")
	require.Equal(t, 3, n.engine.Counts().Queued)

	for range 3 {
		n.step(list[1], ok("x")) // keeps its slot from step to step
		require.Len(t, n.running, 2)
	}
	require.Equal(t, 3, n.engine.Counts().Queued)
	n.step(list[1], ok("x")) // ends
	for i, next := range []saga.Ref{list[2], list[3], list[4]} {
		require.Equal(t, next, n.appends[0].Ref)
		n.took(next)
		require.Equal(t, 2-i, n.engine.Counts().Queued)
		n.step(next, failed) // gives its slot back while it waits for its retry
	}
	require.Len(t, n.running, 1)
	require.Zero(t, n.engine.Counts().Queued)
}

func TestASlotIsGivenBackWhateverHappensToTheSagaThatHoldsIt(t *testing.T) {
	holder, next := saga.Ref{Name: "Trip", ID: "1"}, saga.Ref{Name: "Trip", ID: "2"}
	for name, happens := range map[string]func(n *node){
		"it waits for a retry":   func(n *node) { n.step(holder, failed) },
		"it ends":                func(n *node) { n.step(holder, refused) },
		"its append is refused":  func(n *node) { n.ends(holder, ok("x")); n.refuse(holder) },
		"it is lost to another":  func(n *node) { takeOver(n, holder); n.ends(holder, ok("x")); n.settle() },
		"its retry is cancelled": func(n *node) { takeOver(n, holder); n.ends(holder, failed); n.settle() },
	} {
		t.Run(name, func(t *testing.T) {
			n := newWorld(t).node(1, define("Trip", compensable("a", saga.StepOptions{}), compensable("b", saga.StepOptions{})))
			n.start(holder, someGoods)
			n.took(holder)
			n.start(next, someGoods)
			n.took(next)
			require.Len(t, n.running, 1)
			happens(n)
			n.settle()
			require.Equal(t, next, n.ran(next).Ref)
			n.step(next, failed)
			n.pass(time.Hour)
			n.fireDue()
			n.settle()
			require.Len(t, n.running, 1)
		})
	}
}

// takeOver lets another orchestrator interrupt the saga's open attempt, complete it, and run the next.
func takeOver(n *node, ref saga.Ref) {
	inst := n.fold(ref)
	events, err := inst.Decide(saga.Recover{Now: n.now, Go: true})
	require.NoError(n.t, err)
	n.write(ref, events...)
	started := events[len(events)-1].(saga.StepStarted)
	events, err = n.fold(ref).Decide(saga.RecordOutcome{
		Now: n.now, Step: started.Step, Attempt: started.Attempt, Outcome: ok("theirs"), Go: true,
	})
	require.NoError(n.t, err)
	n.write(ref, events...)
}

func TestInputsThatComeDuringAnAppendGoIntoTheNext(t *testing.T) {
	n := newWorld(t).node(1, orderDef())
	n.start(orderRef, someGoods)
	n.took(orderRef)
	n.pass(saga.DefaultTimeout)
	n.fireDue()                  // the timeout is in flight
	n.ends(orderRef, ok("r"))    // and the function returns
	require.Len(t, n.appends, 1) // which waits
	n.took(orderRef)
	n.took(orderRef)
	require.Equal(t, []string{"StepTimedOut", "StepRetryScheduled", "StepCompleted", "StepStarted"}, n.types(orderRef, 2))
	require.True(t, n.streams[orderRef][4].(saga.StepCompleted).Late)
}
