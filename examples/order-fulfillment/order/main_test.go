package order_test

import (
	"context"
	"database/sql"
	"net/url"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/skaldgo/skald/examples/order-fulfillment/order"
	"github.com/skaldgo/skald/saga"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shop is services over a file of the test's own, and that file for who wants to tamper with it.
type shop struct {
	*order.Services
	path string
}

func openShop(t *testing.T) shop {
	t.Helper()
	path := filepath.Join(t.TempDir(), "services.db")
	services, err := order.Open(t.Context(), order.Config{Path: path})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, services.Close()) })
	return shop{services, path}
}

// tamper changes the books behind the services' back, with no constraint in its way.
func (s shop) tamper(t *testing.T, statements ...string) {
	t.Helper()
	dsn := url.URL{Scheme: "file", Path: s.path, RawQuery: "_pragma=busy_timeout(10000)&_pragma=ignore_check_constraints(1)"}
	db, err := sql.Open("sqlite", dsn.String())
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	for _, statement := range statements {
		_, err := db.ExecContext(t.Context(), statement)
		require.NoError(t, err, statement)
	}
}

// check returns the report of the books.
func (s shop) check(t *testing.T, outcomes map[string]bool) order.Report {
	t.Helper()
	report, err := s.CheckOutcomes(t.Context(), outcomes)
	require.NoError(t, err)
	return report
}

// effect is one step of the saga with its types erased, so that one test serves all four.
type effect struct {
	step string
	do   func(context.Context, order.Steps, saga.Call[order.Order]) (any, error)
	undo func(context.Context, order.Steps, saga.Call[order.Order], any) error
	// other changes an order so that the effect asks for something else.
	other func(*order.Order)
	// refuse changes an order so that the effect is refused, with that error.
	refuse  func(*order.Order)
	refusal error
}

func erase[R any](
	do func(order.Steps) func(context.Context, saga.Call[order.Order]) (R, error),
	undo func(order.Steps) func(context.Context, saga.Call[order.Order], *R) error,
) (e effect) {
	e.do = func(ctx context.Context, s order.Steps, call saga.Call[order.Order]) (any, error) {
		return do(s)(ctx, call)
	}
	e.undo = func(ctx context.Context, s order.Steps, call saga.Call[order.Order], known any) error {
		if known == nil {
			return undo(s)(ctx, call, nil)
		}
		result := known.(R)
		return undo(s)(ctx, call, &result)
	}
	return e
}

func effects() []effect {
	type steps = order.Steps
	type call = saga.Call[order.Order]
	reserve := erase(
		func(s steps) func(context.Context, call) (order.Reservation, error) { return s.ReserveItems },
		func(s steps) func(context.Context, call, *order.Reservation) error { return s.ReleaseReservation })
	reserve.step, reserve.refusal = order.StepReserve, order.ErrNoStock
	reserve.other = func(o *order.Order) { o.Items[0].Quantity++ }
	reserve.refuse = func(o *order.Order) {
		o.Items = append(o.Items, order.Item{SKU: "RADIO-TUBE-1962", Quantity: 1, UnitPrice: 1})
	}

	pay := erase(
		func(s steps) func(context.Context, call) (order.Payment, error) { return s.ProcessPayment },
		func(s steps) func(context.Context, call, *order.Payment) error { return s.RefundPayment })
	pay.step, pay.refusal = order.StepPay, order.ErrCardDeclined
	pay.other = func(o *order.Order) { o.Items[0].UnitPrice++ }
	pay.refuse = func(o *order.Order) { o.Payment.CardToken = "tok_declined_expired_card" }

	ship := erase(
		func(s steps) func(context.Context, call) (order.Shipment, error) { return s.CreateShipment },
		func(s steps) func(context.Context, call, *order.Shipment) error { return s.CancelShipment })
	ship.step, ship.refusal = order.StepShip, order.ErrUndeliverable
	ship.other = func(o *order.Order) { o.Address.Street = "Elsewhere 1" }
	ship.refuse = func(o *order.Order) { o.Address.Country = "AQ" }

	confirm := erase(
		func(s steps) func(context.Context, call) (order.Confirmation, error) { return s.SendOrderConfirmation },
		func(s steps) func(context.Context, call, *order.Confirmation) error { return s.SendCancellationNotice })
	confirm.step, confirm.refusal = order.StepConfirm, order.ErrBounced
	confirm.other = func(o *order.Order) { o.Customer.Email = "someone.else@example.com" }
	confirm.refuse = func(o *order.Order) { o.Customer.Email = "nobody@mailbox.invalid" }
	return []effect{reserve, pay, ship, confirm}
}

// sound returns an order that can be fulfilled.
func sound(id string) order.Order {
	return order.Order{
		ID:       id,
		Customer: order.Customer{Name: "Zoë Müller", Email: "zoe@example.com"},
		Items: []order.Item{
			{SKU: "MUG-STONEWARE", Quantity: 2, UnitPrice: 1650},
			{SKU: "TEA-ASSAM-250", Quantity: 3, UnitPrice: 990},
		},
		Payment: order.Card{CardToken: "tok_visa_4242"},
		Address: order.Address{Street: "Gleimstraße 12", City: "Berlin", PostalCode: "10437", Country: "DE"},
	}
}

// forward and backward make the calls that an orchestrator would make for a step.
func forward(o order.Order, step string) saga.Call[order.Order] {
	ref := saga.Ref{Name: order.Name, ID: o.ID}
	key := saga.IdempotencyKey(ref, step, saga.Action, 0)
	return saga.Call[order.Order]{
		SagaName: ref.Name, SagaID: ref.ID, Step: step, Attempt: 1, IdempotencyKey: key, ActionKey: key, Data: o,
	}
}

func backward(o order.Order, step string) saga.Call[order.Order] {
	call := forward(o, step)
	call.IdempotencyKey = saga.IdempotencyKey(saga.Ref{Name: order.Name, ID: o.ID}, step, saga.Compensation, 0)
	return call
}

// fulfil runs an order as a saga would when nothing interrupts it, and reports what refused it.
func fulfil(t *testing.T, steps order.Steps, o order.Order) error {
	t.Helper()
	all := effects()
	for i, e := range all {
		_, err := e.do(t.Context(), steps, forward(o, e.step))
		if err == nil {
			continue
		}
		for j := i - 1; j >= 0; j-- {
			require.NoError(t, all[j].undo(t.Context(), steps, backward(o, all[j].step), nil))
		}
		return err
	}
	return nil
}
