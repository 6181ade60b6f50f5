package sagatest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/sagatest"
)

func TestTheLedger(t *testing.T) {
	ref := saga.Ref{Name: "Order", ID: "1"}
	action := saga.Call[order]{SagaName: ref.Name, SagaID: ref.ID, Step: "pay"}
	action.ActionKey = saga.IdempotencyKey(ref, "pay", saga.Action, 0)
	action.IdempotencyKey = action.ActionKey
	compensation := action
	compensation.IdempotencyKey = saga.IdempotencyKey(ref, "pay", saga.Compensation, 0)
	again := compensation
	again.IdempotencyKey = saga.IdempotencyKey(ref, "pay", saga.Compensation, 1)

	t.Run("gives a repeat the first result", func(t *testing.T) {
		l := sagatest.NewLedger()
		_, err := sagatest.Apply(l, action, "first")
		require.NoError(t, err)
		result, err := sagatest.Apply(l, action, "second")
		require.NoError(t, err)
		require.Equal(t, "first", result)
		require.True(t, l.Stands(ref, "pay"))
	})
	t.Run("undoes once, and says so to every repeat", func(t *testing.T) {
		l := sagatest.NewLedger()
		_, err := sagatest.Apply(l, action, "x")
		require.NoError(t, err)
		require.NoError(t, sagatest.Undo(l, compensation))
		require.NoError(t, sagatest.Undo(l, compensation))
		require.ErrorIs(t, sagatest.Undo(l, again), saga.ErrNothingToCompensate)
		require.False(t, l.Stands(ref, "pay"))
		total := 0
		for effect, err := range l.Effects(t.Context()) {
			require.NoError(t, err)
			total += effect.Applied
		}
		require.Equal(t, 2, total, "one action and one compensation")
	})
	t.Run("refuses what was compensated before it came", func(t *testing.T) {
		l := sagatest.NewLedger()
		require.ErrorIs(t, sagatest.Undo(l, compensation), saga.ErrNothingToCompensate)
		require.ErrorIs(t, sagatest.Undo(l, compensation), saga.ErrNothingToCompensate)
		_, err := sagatest.Apply(l, action, "x")
		require.ErrorIs(t, err, sagatest.ErrCompensated)
		require.True(t, saga.IsPermanent(err))
	})
	t.Run("keeps the steps that use it, and no others", func(t *testing.T) {
		l := sagatest.NewLedger()
		require.False(t, l.Keeps("Order", "pay"))
		_, err := sagatest.Apply(l, action, "x")
		require.NoError(t, err)
		require.True(t, l.Keeps("Order", "pay"))
		require.False(t, l.Keeps("Order", "ship"))
	})
}
