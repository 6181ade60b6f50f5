package order_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/skaldgo/skald/examples/order-fulfillment/order"
	"github.com/skaldgo/skald/saga"
)

// memory is the four services with their books in memory: what they grant and refuse is decided by the functions that
// decide it for the services of the shop, and they treat idempotency keys in the same way. It takes microseconds to make.
type memory struct {
	shelves map[string]order.Product
	began   map[string]order.Product
	keys    map[string]*record
	diary   []string // the steps whose effect stands, in the order in which they happened
	upset   []string // what was taken back while something that came later still stood
	number  int

	reserved               map[string]int64 // pieces by SKU
	charged, refunded      int64
	parcels, confirmations int
	notices                int
}

// record is what the books know of an idempotency key.
type record struct {
	result any // nil when there was nothing to undo, or when an action may not happen any more
	undone bool
}

func newMemory() *memory {
	m := &memory{shelves: map[string]order.Product{}, keys: map[string]*record{}, reserved: map[string]int64{}}
	for _, p := range order.Catalogue() {
		m.shelves[p.SKU] = p
	}
	m.began = maps.Clone(m.shelves)
	return m
}

// once has an effect once under its key; a repeat gets the first result.
func once[R any](m *memory, call saga.Call[order.Order], apply func(id string) (R, error)) (R, error) {
	var none R
	switch known := m.keys[call.IdempotencyKey]; {
	case known != nil && known.result == nil:
		return none, saga.Permanent(order.ErrRevoked)
	case known != nil:
		return known.result.(R), nil
	}
	result, err := apply(fmt.Sprintf("%06d", m.number+1))
	if err != nil {
		return none, err
	}
	m.number++
	m.keys[call.IdempotencyKey] = &record{result: result}
	m.diary = append(m.diary, call.Step)
	return result, nil
}

// takeBack undoes an action once, and closes its key when it has not come yet.
func takeBack[R any](m *memory, call saga.Call[order.Order], revert func(R)) error {
	known := m.keys[call.IdempotencyKey]
	if known == nil {
		known = &record{}
		m.keys[call.IdempotencyKey] = known
		switch action := m.keys[call.ActionKey]; {
		case action == nil:
			m.keys[call.ActionKey] = &record{}
		case action.result != nil && !action.undone:
			action.undone, known.result = true, struct{}{}
			revert(action.result.(R))
			m.strike(call.Step)
		}
	}
	if known.result == nil {
		return saga.ErrNothingToCompensate
	}
	return nil
}

// strike takes a step out of the diary, and notes when it was not the last one in it.
func (m *memory) strike(step string) {
	at := slices.Index(m.diary, step)
	if at != len(m.diary)-1 {
		m.upset = append(m.upset, fmt.Sprintf("%s was undone before %s", step, strings.Join(m.diary[at+1:], ", ")))
	}
	m.diary = slices.Delete(m.diary, at, at+1)
}

func (m *memory) ReserveItems(_ context.Context, call saga.Call[order.Order]) (order.Reservation, error) {
	return once(m, call, func(id string) (order.Reservation, error) {
		for i, item := range call.Data.Items {
			shelf := m.shelves[item.SKU]
			left, delivered, err := shelf.Take(item.Quantity)
			if err != nil {
				m.putBack(call.Data.Items[:i])
				return order.Reservation{}, err
			}
			shelf.Stock = left
			m.shelves[item.SKU] = shelf
			before := m.began[item.SKU]
			before.Stock += delivered
			m.began[item.SKU] = before
			m.reserved[item.SKU] += item.Quantity
		}
		return order.Reservation{ID: "RES-" + id, Units: call.Data.Units(), Value: call.Data.Total()}, nil
	})
}

func (m *memory) putBack(items []order.Item) {
	for _, item := range items {
		shelf := m.shelves[item.SKU]
		shelf.Stock += item.Quantity
		m.shelves[item.SKU] = shelf
		m.reserved[item.SKU] -= item.Quantity
	}
}

func (m *memory) ReleaseReservation(_ context.Context, call saga.Call[order.Order], _ *order.Reservation) error {
	return takeBack(m, call, func(order.Reservation) { m.putBack(call.Data.Items) })
}

func (m *memory) ProcessPayment(_ context.Context, call saga.Call[order.Order]) (order.Payment, error) {
	return once(m, call, func(id string) (order.Payment, error) {
		if err := call.Data.Payment.Chargeable(); err != nil {
			return order.Payment{}, err
		}
		m.charged += call.Data.Total()
		return order.Payment{ID: "PAY-" + id, Amount: call.Data.Total()}, nil
	})
}

func (m *memory) RefundPayment(_ context.Context, call saga.Call[order.Order], _ *order.Payment) error {
	return takeBack(m, call, func(p order.Payment) { m.refunded += p.Amount })
}

func (m *memory) CreateShipment(_ context.Context, call saga.Call[order.Order]) (order.Shipment, error) {
	return once(m, call, func(id string) (order.Shipment, error) {
		if err := call.Data.Address.Deliverable(); err != nil {
			return order.Shipment{}, err
		}
		m.parcels++
		return order.Shipment{ID: "SHP-" + id, Tracking: call.Data.Address.Country + id}, nil
	})
}

func (m *memory) CancelShipment(_ context.Context, call saga.Call[order.Order], _ *order.Shipment) error {
	return takeBack(m, call, func(order.Shipment) { m.parcels-- })
}

func (m *memory) SendOrderConfirmation(_ context.Context, call saga.Call[order.Order]) (order.Confirmation, error) {
	return once(m, call, func(id string) (order.Confirmation, error) {
		if err := call.Data.Customer.Reachable(); err != nil {
			return order.Confirmation{}, err
		}
		m.confirmations++
		return order.Confirmation{ID: "MSG-" + id, To: call.Data.Customer.Email}, nil
	})
}

func (m *memory) SendCancellationNotice(_ context.Context, call saga.Call[order.Order], _ *order.Confirmation) error {
	return takeBack(m, call, func(order.Confirmation) { m.confirmations--; m.notices++ })
}

// balance says what is wrong with the books when the order is fulfilled, or is not and never will be.
func (m *memory) balance(o order.Order, fulfilled bool) error {
	var wrong []error
	demand := func(ok bool, format string, args ...any) {
		if !ok {
			wrong = append(wrong, fmt.Errorf(format, args...))
		}
	}
	share, value := 0, int64(0)
	if fulfilled {
		share, value = 1, o.Total()
	}
	held := int64(0)
	for _, sku := range slices.Sorted(maps.Keys(m.began)) {
		held += m.reserved[sku]
		demand(m.began[sku].Stock == m.shelves[sku].Stock+m.reserved[sku], "%s: there were %d, now %d are on hand and %d reserved",
			sku, m.began[sku].Stock, m.shelves[sku].Stock, m.reserved[sku])
	}
	demand(held == int64(share)*o.Units(), "%d pieces are reserved, should be %d", held, int64(share)*o.Units())
	demand(m.charged-m.refunded == value, "charged %d and refunded %d, should come to %d", m.charged, m.refunded, value)
	demand(m.parcels == share, "%d parcels are on their way, should be %d", m.parcels, share)
	demand(m.confirmations == share, "%d confirmations are in force, should be %d", m.confirmations, share)
	demand(m.notices <= 1, "%d notices of cancellation were sent", m.notices)
	demand(len(m.upset) == 0, "%s", strings.Join(m.upset, "; "))
	return errors.Join(wrong...)
}
