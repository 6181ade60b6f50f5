package order_test

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/examples/order-fulfillment/order"
	"github.com/skaldgo/skald/saga"
)

// forEachEffect runs a test for each of the four steps, on books of its own.
func forEachEffect(t *testing.T, test func(*testing.T, shop, effect)) {
	for _, e := range effects() {
		t.Run(e.step, func(t *testing.T) {
			t.Parallel()
			test(t, openShop(t), e)
		})
	}
}

// inForce counts what the books have in force of the order that a test used, whatever the step was.
func inForce(t *testing.T, s shop) int64 {
	t.Helper()
	r := s.check(t, nil)
	count := r.Shipments + r.Confirmations
	o := sound("A")
	return count + r.Reserved/o.Units() + (r.Charged-r.Refunded)/o.Total()
}

func TestARepeatedEffectHappensOnceAndGivesTheSameResult(t *testing.T) {
	forEachEffect(t, func(t *testing.T, s shop, e effect) {
		call := forward(sound("A"), e.step)
		first, err := e.do(t.Context(), s, call)
		require.NoError(t, err)
		call.Attempt = 2
		second, err := e.do(t.Context(), s, call)
		require.NoError(t, err)
		require.Equal(t, first, second)
		require.NotZero(t, first)
		require.EqualValues(t, 1, inForce(t, s))
	})
}

func TestConcurrentAttemptsUnderOneKeyHappenOnce(t *testing.T) {
	forEachEffect(t, func(t *testing.T, s shop, e effect) {
		const attempts = 40
		results, errs := make([]any, attempts), make([]error, attempts)
		var running sync.WaitGroup
		for i := range attempts {
			running.Go(func() { results[i], errs[i] = e.do(t.Context(), s, forward(sound("A"), e.step)) })
		}
		running.Wait()
		for i := range attempts {
			require.NoError(t, errs[i])
			require.Equal(t, results[0], results[i])
		}
		require.EqualValues(t, 1, inForce(t, s))

		for i := range attempts {
			running.Go(func() { errs[i] = e.undo(t.Context(), s, backward(sound("A"), e.step), results[i]) })
		}
		running.Wait()
		for i := range attempts {
			require.NoError(t, errs[i])
		}
		require.Zero(t, inForce(t, s))
		require.NoError(t, s.check(t, map[string]bool{"A": false}).Err())
	})
}

func TestActionAndUndoThatRaceLeaveNothing(t *testing.T) {
	forEachEffect(t, func(t *testing.T, s shop, e effect) {
		const orders = 30
		outcomes := map[string]bool{}
		var running sync.WaitGroup
		for i := range orders {
			o := sound(string(rune('A' + i)))
			outcomes[o.ID] = false
			running.Go(func() { _, _ = e.do(t.Context(), s, forward(o, e.step)) })
			running.Go(func() { _ = e.undo(t.Context(), s, backward(o, e.step), nil) })
		}
		running.Wait()
		require.NoError(t, s.check(t, outcomes).Err())
	})
}

func TestTheSameKeyWithAnotherRequestIsRefused(t *testing.T) {
	forEachEffect(t, func(t *testing.T, s shop, e effect) {
		o := sound("A")
		_, err := e.do(t.Context(), s, forward(o, e.step))
		require.NoError(t, err)
		changed := sound("A")
		e.other(&changed)
		_, err = e.do(t.Context(), s, forward(changed, e.step))
		require.ErrorIs(t, err, order.ErrKeyReused)
		require.True(t, saga.IsPermanent(err))
		require.EqualValues(t, 1, inForce(t, s))
	})
}

func TestARefusalIsPermanentAndChangesNothing(t *testing.T) {
	forEachEffect(t, func(t *testing.T, s shop, e effect) {
		before := s.check(t, nil)
		o := sound("A")
		e.refuse(&o)
		_, err := e.do(t.Context(), s, forward(o, e.step))
		require.ErrorIs(t, err, e.refusal)
		require.True(t, saga.IsPermanent(err))
		require.Equal(t, before, s.check(t, nil))
	})
}

func TestAnUndoTakesTheEffectBackOnce(t *testing.T) {
	for _, withResult := range []bool{true, false} {
		name := "without a known result"
		if withResult {
			name = "with the result"
		}
		t.Run(name, func(t *testing.T) {
			forEachEffect(t, func(t *testing.T, s shop, e effect) {
				before := s.check(t, nil)
				result, err := e.do(t.Context(), s, forward(sound("A"), e.step))
				require.NoError(t, err)
				if !withResult {
					result = nil
				}
				require.NoError(t, e.undo(t.Context(), s, backward(sound("A"), e.step), result))
				require.NoError(t, e.undo(t.Context(), s, backward(sound("A"), e.step), result))
				after := s.check(t, map[string]bool{"A": false})
				require.NoError(t, after.Err())
				require.Equal(t, before.OnHand, after.OnHand)
				require.Equal(t, after.Charged, after.Refunded)

				again := backward(sound("A"), e.step)
				again.IdempotencyKey += "/2"
				require.ErrorIs(t, e.undo(t.Context(), s, again, result), saga.ErrNothingToCompensate)
				require.Equal(t, after, s.check(t, map[string]bool{"A": false}))
			})
		})
	}
}

func TestAnUndoThatComesFirstClosesTheDoor(t *testing.T) {
	forEachEffect(t, func(t *testing.T, s shop, e effect) {
		for range 2 {
			err := e.undo(t.Context(), s, backward(sound("A"), e.step), nil)
			require.ErrorIs(t, err, saga.ErrNothingToCompensate)
		}
		_, err := e.do(t.Context(), s, forward(sound("A"), e.step))
		require.ErrorIs(t, err, order.ErrRevoked)
		require.True(t, saga.IsPermanent(err))
		require.Zero(t, inForce(t, s))

		again := backward(sound("A"), e.step)
		again.IdempotencyKey += "/2"
		require.ErrorIs(t, e.undo(t.Context(), s, again, nil), saga.ErrNothingToCompensate)
	})
}

func TestAnUndoOfAResultThatTheBooksDoNotHaveIsRefused(t *testing.T) {
	forEachEffect(t, func(t *testing.T, s shop, e effect) {
		other, err := e.do(t.Context(), s, forward(sound("B"), e.step))
		require.NoError(t, err)

		err = e.undo(t.Context(), s, backward(sound("A"), e.step), other)
		require.ErrorIs(t, err, order.ErrUnknownEffect)
		_, err = e.do(t.Context(), s, forward(sound("A"), e.step))
		require.NoError(t, err, "the refused undo left nothing behind")
		err = e.undo(t.Context(), s, backward(sound("A"), e.step), other)
		require.ErrorIs(t, err, order.ErrUnknownEffect)
		require.True(t, saga.IsPermanent(err))
		require.EqualValues(t, 2, inForce(t, s))
	})
}

func TestAKeyBelongsToOneOperation(t *testing.T) {
	s, all := openShop(t), effects()
	call := forward(sound("A"), order.StepPay)
	_, err := all[1].do(t.Context(), s, call)
	require.NoError(t, err)
	_, err = all[2].do(t.Context(), s, call)
	require.ErrorIs(t, err, order.ErrKeyReused)
	require.ErrorIs(t, all[2].undo(t.Context(), s, backward(sound("A"), order.StepPay), nil), order.ErrKeyReused)
	require.EqualValues(t, 1, inForce(t, s))
}

func TestEffectAndKeyAreOneTransaction(t *testing.T) {
	const breaks = "CREATE TRIGGER crash BEFORE INSERT ON effects BEGIN SELECT RAISE(ABORT, 'power cut'); END"
	forEachEffect(t, func(t *testing.T, s shop, e effect) {
		before := s.check(t, nil)
		s.tamper(t, breaks)
		_, err := e.do(t.Context(), s, forward(sound("A"), e.step))
		require.ErrorContains(t, err, "power cut")
		require.False(t, saga.IsPermanent(err))
		require.Equal(t, before, s.check(t, nil))

		s.tamper(t, "DROP TRIGGER crash")
		_, err = e.do(t.Context(), s, forward(sound("A"), e.step))
		require.NoError(t, err)
		done := s.check(t, nil)
		s.tamper(t, breaks)
		require.ErrorContains(t, e.undo(t.Context(), s, backward(sound("A"), e.step), nil), "power cut")
		require.Equal(t, done, s.check(t, nil))

		s.tamper(t, "DROP TRIGGER crash")
		require.NoError(t, e.undo(t.Context(), s, backward(sound("A"), e.step), nil))
		require.NoError(t, s.check(t, map[string]bool{"A": false}).Err())
	})
}

func TestAnEndedContextMeansThatNothingWasDone(t *testing.T) {
	forEachEffect(t, func(t *testing.T, s shop, e effect) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := e.do(ctx, s, forward(sound("A"), e.step))
		require.ErrorIs(t, err, context.Canceled)
		require.False(t, saga.IsPermanent(err))
		require.Zero(t, inForce(t, s))
	})
}

func TestADeliveryComesWhenTheShelfIsEmptyAndAllGoodsStayCounted(t *testing.T) {
	s := openShop(t)
	before := s.check(t, nil)
	for _, id := range []string{"A", "B", "C"} {
		o := sound(id)
		o.Items = []order.Item{{SKU: "LAMP-DESK-OAK", Quantity: 60, UnitPrice: 11900}}
		_, err := s.ReserveItems(t.Context(), forward(o, order.StepReserve))
		require.NoError(t, err)
	}
	after := s.check(t, nil)
	require.Equal(t, before.Delivered+90, after.Delivered)
	require.EqualValues(t, 180, after.Reserved)
	require.Equal(t, after.Delivered, after.OnHand+after.Reserved)

	o := sound("D")
	o.Items = append(o.Items, order.Item{SKU: "NO-SUCH-THING", Quantity: 1, UnitPrice: 1})
	_, err := s.ReserveItems(t.Context(), forward(o, order.StepReserve))
	require.ErrorIs(t, err, order.ErrNoStock)
	require.Equal(t, after, s.check(t, nil))
}
