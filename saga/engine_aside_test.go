package saga_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

// hung is an engine that has set a saga aside while an attempt of it runs on: the store has refused the record of its
// timeout.
func hung(t *testing.T) *node {
	w := newWorld(t)
	n := w.node(1, orderDef())
	n.start(orderRef, someGoods)
	n.took(orderRef)
	w.pass(n.ran(orderRef).Deadline.Sub(w.now))
	n.fireDue()
	n.refuse(orderRef)
	require.Len(t, n.engine.SetAside(), 1)
	require.Len(t, n.running, 1, "its function has not returned")
	require.Empty(t, n.timers)
	require.Zero(t, n.engine.Counts().InHand)
	require.False(t, n.engine.Drained(), "a stop waits for it")
	return n
}

func TestNothingOfASagaThatIsSetAsideStartsBesideItsRunningAttempt(t *testing.T) {
	n := hung(t)
	n.handle(saga.EventSeen{Ref: orderRef, Revision: 9, Type: saga.TypeStepRedriven})
	require.Empty(t, n.loads, "it is looked at once more when the attempt has returned")
	n.ends(orderRef, ok("late"))
	require.Equal(t, []saga.Ref{orderRef}, n.loads)
	n.settle()
	require.Empty(t, n.engine.SetAside())
	require.Empty(t, n.engine.Untouched(), "nobody else runs the attempt that the log knows no end of")
	n.pass(time.Hour)
	n.fireDue()
	n.settle()
	require.Equal(t, 2, n.ran(orderRef).Attempt)
}

func TestASagaThatIsSetAsideIsLetGoWhenItsAttemptReturns(t *testing.T) {
	t.Run("and nothing comes of what it returns", func(t *testing.T) {
		n := hung(t)
		n.ends(orderRef, ok("late"))
		require.Empty(t, n.appends)
		require.Empty(t, n.loads)
		require.True(t, n.engine.Drained())
		require.Len(t, n.engine.SetAside(), 1)
		require.Equal(t, []saga.Ref{orderRef}, n.engine.Open())
	})
	t.Run("a start of it is refused meanwhile", func(t *testing.T) {
		n := hung(t)
		token := n.start(orderRef, someGoods)
		require.ErrorIs(t, n.replies[token].Err, saga.ErrSetAside)
		require.Empty(t, n.appends)
	})
	t.Run("and is not listed any more when others have ended it", func(t *testing.T) {
		n := hung(t)
		n.handle(saga.EventSeen{Ref: orderRef, Revision: 9, Type: saga.TypeSagaFailed})
		require.Empty(t, n.engine.SetAside())
		n.ends(orderRef, ok("late"))
		requireForgotten(t, n)
	})
}
