package saga_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

func TestAnEngineSetsNoTimerThatCannotHelp(t *testing.T) {
	retryAtOnce := saga.StepOptions{Retry: saga.RetryPolicy{InitialInterval: time.Second}}
	def := define("Slow", compensable("a", retryAtOnce))
	first, second := saga.Ref{Name: "Slow", ID: "1"}, saga.Ref{Name: "Slow", ID: "2"}

	t.Run("a saga that waits for a slot after its retry came due", func(t *testing.T) {
		n := newWorld(t).node(1, def)
		n.start(first, someGoods)
		n.took(first)
		n.step(first, failed) // waits for its retry
		n.start(second, someGoods)
		n.took(second) // has the only slot
		n.pass(2 * time.Second)
		n.fireDue()
		require.Equal(t, 1, n.engine.Counts().Queued)
		n.ends(second, ok("x"))
		n.settle()
		require.Equal(t, first, n.ran(first).Ref)
	})

	t.Run("a saga whose retry comes due while the engine stops", func(t *testing.T) {
		n := newWorld(t).node(1, def)
		n.start(first, someGoods)
		n.took(first)
		n.step(first, failed)
		n.handle(saga.StopRequested{})
		n.pass(2 * time.Second)
		n.fireDue()
		require.True(t, n.engine.Drained())
	})
}

func TestAnAttemptThatOutlivesItsSaga(t *testing.T) {
	ref := saga.Ref{Name: "Look", ID: "1"}
	outlived := func(t *testing.T) *node {
		n := newWorld(t).node(1, define("Look", readOnly("look", once())))
		n.start(ref, someGoods)
		n.took(ref)
		n.pass(saga.DefaultTimeout)
		n.fireDue()
		n.took(ref)
		require.Equal(t, saga.StateFailed, n.fold(ref).State())
		return n
	}

	t.Run("keeps its slot and holds up the end of the engine until it returns", func(t *testing.T) {
		n := outlived(t)
		require.False(t, n.engine.Drained())
		require.Empty(t, n.engine.Open())
		require.Zero(t, n.engine.Counts().InHand)
		other := saga.Ref{Name: "Look", ID: "2"}
		n.start(other, someGoods)
		n.took(other)
		require.Len(t, n.running, 1)
		n.ends(ref, failed)
		require.Empty(t, n.late)
		n.settle()
		require.Equal(t, other, n.ran(other).Ref)
	})

	t.Run("its success goes to the late stream", func(t *testing.T) {
		n := outlived(t)
		n.ends(ref, ok("seen"))
		require.Len(t, n.late, 1)
		require.Equal(t, saga.StepCompleted{Step: "look", Attempt: 1, Result: ok("seen").Result, Late: true}, n.late[0].Event)
		require.Equal(t, 1, n.engine.Counts().Late)
		require.True(t, n.engine.Drained())
	})
}
