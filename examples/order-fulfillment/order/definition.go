package order

import (
	"context"
	"time"

	"github.com/skaldgo/skald/saga"
)

// Name is the name of the saga's definition.
const Name = "OrderFulfillment"

// The names of the saga's steps, in order.
const (
	StepReserve = "reserve_inventory"
	StepPay     = "process_payment"
	StepShip    = "create_shipment"
	StepConfirm = "send_confirmation"
)

// Steps are the actions and compensations of the saga. Services are the real ones.
type Steps interface {
	ReserveItems(context.Context, saga.Call[Order]) (Reservation, error)
	ReleaseReservation(context.Context, saga.Call[Order], *Reservation) error
	ProcessPayment(context.Context, saga.Call[Order]) (Payment, error)
	RefundPayment(context.Context, saga.Call[Order], *Payment) error
	CreateShipment(context.Context, saga.Call[Order]) (Shipment, error)
	CancelShipment(context.Context, saga.Call[Order], *Shipment) error
	SendOrderConfirmation(context.Context, saga.Call[Order]) (Confirmation, error)
	SendCancellationNotice(context.Context, saga.Call[Order], *Confirmation) error
}

var _ Steps = (*Services)(nil)

// DefaultRetryInterval is the delay before the second attempt of a step. It is short, as befits a demonstration.
const DefaultRetryInterval = 200 * time.Millisecond

// Options tunes the definition. The zero value is a sensible one.
type Options struct {
	// RetryInterval is the delay before the second attempt of every step and compensation; later ones are up to twenty
	// times as long. Default DefaultRetryInterval.
	RetryInterval time.Duration
	// Timeout limits each attempt of every step and compensation, instead of the limits that each has of its own.
	Timeout time.Duration
}

// Definition returns the saga: reserve, pay, ship, confirm, each with what undoes it.
func Definition(s Steps, o Options) saga.Definition[Order] {
	if o.RetryInterval == 0 {
		o.RetryInterval = DefaultRetryInterval
	}
	card := o.step(time.Minute)
	// A bank that hesitates is asked more often and less hastily: a lost sale costs more than a late answer.
	card.Retry.MaximumAttempts, card.Retry.BackoffCoefficient = 5, 3
	return saga.Definition[Order]{
		Name: Name, Version: 1,
		Steps: []saga.Step[Order]{
			saga.Compensable(StepReserve, s.ReserveItems, s.ReleaseReservation, o.step(2*time.Minute)),
			saga.Compensable(StepPay, s.ProcessPayment, s.RefundPayment, card),
			saga.Compensable(StepShip, s.CreateShipment, s.CancelShipment, o.step(15*time.Minute)),
			saga.Compensable(StepConfirm, s.SendOrderConfirmation, s.SendCancellationNotice, o.step(0)),
		},
	}
}

func (o Options) step(timeout time.Duration) saga.StepOptions {
	if o.Timeout != 0 {
		timeout = o.Timeout
	}
	retry := saga.RetryPolicy{InitialInterval: o.RetryInterval, MaximumInterval: 20 * o.RetryInterval}
	return saga.StepOptions{
		Timeout: timeout, Retry: retry,
		Compensation: saga.AttemptOptions{Timeout: o.Timeout, Retry: retry},
	}
}
