package order_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/examples/order-fulfillment/order"
	"github.com/skaldgo/skald/saga"
)

// always gives the first attempt of everything one fault.
func always(fault order.Fault) order.Faults {
	return order.Faults{Choose: func(a order.Attempt) order.Fault {
		if a.Number == 1 {
			return fault
		}
		return order.NoFault
	}, Hang: time.Millisecond}
}

func TestAFaultBeforeHasNoEffectAndOneAfterHasIt(t *testing.T) {
	tests := []struct {
		fault  order.Fault
		effect int64
	}{
		{order.FailBefore, 0}, {order.FailAfter, 1}, {order.HangBefore, 0}, {order.HangAfter, 1},
		{order.PanicBefore, 0}, {order.PanicAfter, 1}, {order.Refuse, 0},
	}
	for _, test := range tests {
		t.Run(test.fault.String(), func(t *testing.T) {
			forEachEffect(t, func(t *testing.T, s shop, e effect) {
				steps := order.Faulty(s, always(test.fault))
				call := forward(sound("A"), e.step)
				err := caught(func() error {
					_, err := e.do(t.Context(), steps, call)
					return err
				})
				require.ErrorIs(t, err, order.ErrInjected)
				require.Equal(t, test.fault == order.Refuse, saga.IsPermanent(err))
				require.Equal(t, test.effect, inForce(t, s))

				call.Attempt = 2
				result, err := e.do(t.Context(), steps, call)
				require.NoError(t, err)
				require.NotZero(t, result)
				require.EqualValues(t, 1, inForce(t, s))

				undo := backward(sound("A"), e.step)
				err = caught(func() error { return e.undo(t.Context(), steps, undo, result) })
				require.ErrorIs(t, err, order.ErrInjected)
				require.Equal(t, 1-test.effect, inForce(t, s))
				undo.Attempt = 2
				require.NoError(t, e.undo(t.Context(), steps, undo, result))
				require.Zero(t, inForce(t, s))
			})
		})
	}
}

func caught(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = p.(error)
		}
	}()
	return do()
}

func TestAFaultPassesOnWhatTheStepItselfSays(t *testing.T) {
	forEachEffect(t, func(t *testing.T, s shop, e effect) {
		steps := order.Faulty(s, always(order.FailAfter))
		refused := sound("A")
		e.refuse(&refused)
		_, err := e.do(t.Context(), steps, forward(refused, e.step))
		require.ErrorIs(t, err, e.refusal)

		undo := backward(sound("A"), e.step)
		require.ErrorIs(t, e.undo(t.Context(), steps, undo, nil), order.ErrInjected)
		undo.Attempt = 2
		require.ErrorIs(t, e.undo(t.Context(), steps, undo, nil), saga.ErrNothingToCompensate)
	})
}

// silent is steps that do nothing.
type silent struct{ order.Steps }

func (silent) ReserveItems(context.Context, saga.Call[order.Order]) (order.Reservation, error) {
	return order.Reservation{ID: "RES-1"}, nil
}

func (silent) ReleaseReservation(context.Context, saga.Call[order.Order], *order.Reservation) error {
	return nil
}

func TestAHangEndsWithTheContextOrItsLimit(t *testing.T) {
	for _, limit := range []time.Duration{0, 30 * time.Second, time.Hour} {
		t.Run(fmt.Sprintf("limit %s", limit), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				faults := always(order.HangBefore)
				faults.Hang = limit
				began := time.Now()
				_, err := order.Faulty(silent{}, faults).ReserveItems(ctx, forward(sound("A"), order.StepReserve))
				require.ErrorIs(t, err, context.DeadlineExceeded)
				want := time.Minute
				if limit == 30*time.Second {
					want = limit
				}
				require.Equal(t, want, time.Since(began))
			})
		})
	}
}

func TestARateIsKeptAndRepeatable(t *testing.T) {
	const attempts = 4000
	run := func(f order.Faults) (failed, refused int, pattern string) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // so that nothing hangs
		steps := order.Faulty(silent{}, f)
		for i := range attempts {
			o := sound(fmt.Sprint("O", i/2))
			call := forward(o, order.StepReserve)
			call.Attempt = 1 + i%2
			_, err := steps.ReserveItems(ctx, call)
			pattern += map[bool]string{true: ".", false: "x"}[err == nil]
			if err != nil {
				failed++
			}
			if saga.IsPermanent(err) {
				refused++
			}
			undo := backward(o, order.StepReserve)
			undo.Attempt = call.Attempt
			require.False(t, saga.IsPermanent(steps.ReleaseReservation(ctx, undo, nil)))
		}
		return failed, refused, pattern
	}
	failed, refused, pattern := run(order.Faults{Rate: 0.2, Seed: 1})
	require.InDelta(t, 0.2, float64(failed)/attempts, 0.03)
	require.InDelta(t, 0.02, float64(refused)/attempts, 0.01)
	_, _, again := run(order.Faults{Rate: 0.2, Seed: 1})
	require.Equal(t, pattern, again)
	_, _, other := run(order.Faults{Rate: 0.2, Seed: 2})
	require.NotEqual(t, pattern, other)

	none, _, _ := run(order.Faults{})
	require.Zero(t, none)
	all, _, _ := run(order.Faults{Rate: 1})
	require.Equal(t, attempts, all)
}

func TestFaultsAreValidated(t *testing.T) {
	require.NoError(t, order.Faults{Rate: 1}.Validate())
	err := order.Faults{Rate: 1.5, Hang: -1}.Validate()
	require.ErrorContains(t, err, "fault rate is 1.5")
	require.ErrorContains(t, err, "hang is -1ns")
}
