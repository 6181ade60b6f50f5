package order

import (
	"context"
	"errors"

	"github.com/skaldgo/skald/saga"
)

// Faulty returns steps that call s and go wrong where f says.
func Faulty(s Steps, f Faults) Steps { return faulty{s, f} }

type faulty struct {
	steps  Steps
	faults Faults
}

func faultyAction[R any](ctx context.Context, f Faults, call saga.Call[Order],
	do func(context.Context, saga.Call[Order]) (R, error),
) (R, error) {
	var result R
	err := f.around(ctx, attemptOf(call), func() error {
		var err error
		result, err = do(ctx, call)
		return err
	})
	if err != nil {
		return *new(R), err
	}
	return result, nil
}

// faultyUndo takes "nothing to undo" for the success that it is, so that a fault after it loses that answer as well.
func faultyUndo[R any](ctx context.Context, f Faults, call saga.Call[Order], known *R,
	undo func(context.Context, saga.Call[Order], *R) error,
) error {
	nothing := false
	err := f.around(ctx, attemptOf(call), func() error {
		err := undo(ctx, call, known)
		nothing = errors.Is(err, saga.ErrNothingToCompensate)
		if nothing {
			return nil
		}
		return err
	})
	if err == nil && nothing {
		return saga.ErrNothingToCompensate
	}
	return err
}

func (f faulty) ReserveItems(ctx context.Context, call saga.Call[Order]) (Reservation, error) {
	return faultyAction(ctx, f.faults, call, f.steps.ReserveItems)
}

func (f faulty) ReleaseReservation(ctx context.Context, call saga.Call[Order], known *Reservation) error {
	return faultyUndo(ctx, f.faults, call, known, f.steps.ReleaseReservation)
}

func (f faulty) ProcessPayment(ctx context.Context, call saga.Call[Order]) (Payment, error) {
	return faultyAction(ctx, f.faults, call, f.steps.ProcessPayment)
}

func (f faulty) RefundPayment(ctx context.Context, call saga.Call[Order], known *Payment) error {
	return faultyUndo(ctx, f.faults, call, known, f.steps.RefundPayment)
}

func (f faulty) CreateShipment(ctx context.Context, call saga.Call[Order]) (Shipment, error) {
	return faultyAction(ctx, f.faults, call, f.steps.CreateShipment)
}

func (f faulty) CancelShipment(ctx context.Context, call saga.Call[Order], known *Shipment) error {
	return faultyUndo(ctx, f.faults, call, known, f.steps.CancelShipment)
}

func (f faulty) SendOrderConfirmation(ctx context.Context, call saga.Call[Order]) (Confirmation, error) {
	return faultyAction(ctx, f.faults, call, f.steps.SendOrderConfirmation)
}

func (f faulty) SendCancellationNotice(ctx context.Context, call saga.Call[Order], known *Confirmation) error {
	return faultyUndo(ctx, f.faults, call, known, f.steps.SendCancellationNotice)
}
