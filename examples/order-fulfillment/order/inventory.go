package order

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/skaldgo/skald/saga"
)

// ErrNoStock: there are not enough pieces of something, and the next delivery would not bring enough. Permanent.
var ErrNoStock = errors.New("no stock")

// Reservation is goods held for an order.
type Reservation struct {
	ID    string `json:"id"`
	Units int64  `json:"units"`
	// Value is in cents.
	Value int64 `json:"value"`
}

const (
	opReserve = "inventory.reserve"
	opRelease = "inventory.release"

	addStock       = "INSERT INTO stock (sku, name, on_hand, refill) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
	findStock      = "SELECT on_hand, refill FROM stock WHERE sku = ?"
	setStock       = "UPDATE stock SET on_hand = ? WHERE sku = ?"
	addDelivery    = "INSERT INTO deliveries (sku, units) VALUES (?, ?)"
	addReservation = "INSERT INTO reservations (key, order_id) VALUES (?, ?)"
	addLine        = "INSERT INTO reservation_lines (reservation, line, sku, units, unit_price) VALUES (?, ?, ?, ?, ?)"
	release        = "UPDATE reservations SET released_by = ? WHERE key = ? AND released_by IS NULL RETURNING number"
	returnGoods    = `UPDATE stock SET on_hand = on_hand + held.units
		FROM (SELECT sku, sum(units) AS units FROM reservation_lines WHERE reservation = ? GROUP BY sku) AS held
		WHERE stock.sku = held.sku`
)

// ReserveItems takes all goods of the order from the stock, or none.
func (s *Services) ReserveItems(ctx context.Context, call saga.Call[Order]) (Reservation, error) {
	o := call.Data
	request := struct {
		Order string
		Items []Item
	}{o.ID, o.Items}
	return perform(ctx, s, call, opReserve, request, func(ctx context.Context, tx *sql.Tx) (Reservation, error) {
		added, err := s.exec(ctx, tx, addReservation, call.IdempotencyKey, o.ID)
		if err != nil {
			return Reservation{}, fmt.Errorf("add a reservation: %w", err)
		}
		number, err := added.LastInsertId()
		if err != nil {
			return Reservation{}, fmt.Errorf("add a reservation: %w", err)
		}
		for i, item := range o.Items {
			if err := s.take(ctx, tx, item); err != nil {
				return Reservation{}, err
			}
			_, err := s.exec(ctx, tx, addLine, number, i, item.SKU, item.Quantity, item.UnitPrice)
			if err != nil {
				return Reservation{}, fmt.Errorf("add a line to a reservation: %w", err)
			}
		}
		return Reservation{ID: recordID("RES", number), Units: o.Units(), Value: o.Total()}, nil
	})
}

// ReleaseReservation puts the goods back.
func (s *Services) ReleaseReservation(ctx context.Context, call saga.Call[Order], known *Reservation) error {
	r := reversal{opRelease, opReserve}
	return compensate(ctx, s, call, r, known, func(ctx context.Context, tx *sql.Tx, _ Reservation) (bool, error) {
		var number int64
		err := s.row(ctx, tx, release, call.IdempotencyKey, call.ActionKey).Scan(&number)
		if errors.Is(err, sql.ErrNoRows) {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("release the reservation: %w", err)
		}
		if _, err := s.exec(ctx, tx, returnGoods, number); err != nil {
			return false, fmt.Errorf("put the goods back: %w", err)
		}
		return true, nil
	})
}

// take takes one item from the stock, after a delivery when there is not enough.
func (s *Services) take(ctx context.Context, tx *sql.Tx, item Item) error {
	var onHand, refill int64
	err := s.row(ctx, tx, findStock, item.SKU).Scan(&onHand, &refill)
	if errors.Is(err, sql.ErrNoRows) {
		return saga.Permanent(fmt.Errorf("%w: %s is not in the catalogue", ErrNoStock, item.SKU))
	}
	if err != nil {
		return fmt.Errorf("look up the stock of %s: %w", item.SKU, err)
	}
	left, delivered, err := Product{SKU: item.SKU, Stock: onHand, Refill: refill}.Take(item.Quantity)
	if err != nil {
		return err
	}
	if delivered > 0 {
		if _, err := s.exec(ctx, tx, addDelivery, item.SKU, delivered); err != nil {
			return fmt.Errorf("take delivery of %s: %w", item.SKU, err)
		}
	}
	if _, err := s.exec(ctx, tx, setStock, left, item.SKU); err != nil {
		return fmt.Errorf("take %s from the stock: %w", item.SKU, err)
	}
	return nil
}

// Take returns how many pieces are left when so many are taken from the stock, and how many were delivered for it. The
// error is permanent and matches ErrNoStock.
func (p Product) Take(quantity int64) (left, delivered int64, err error) {
	if p.Stock < quantity && p.Refill > 0 {
		if p.Stock+p.Refill < quantity {
			return 0, 0, saga.Permanent(fmt.Errorf("%w: %d of %s ordered, %d on hand and %d in the next delivery",
				ErrNoStock, quantity, p.SKU, p.Stock, p.Refill))
		}
		delivered = p.Refill
	}
	if left = p.Stock + delivered - quantity; left < 0 {
		return 0, 0, saga.Permanent(fmt.Errorf("%w: %d of %s ordered, %d on hand and no more to come",
			ErrNoStock, quantity, p.SKU, p.Stock))
	}
	return left, delivered, nil
}

// recordID is how the services name what they keep.
func recordID(prefix string, number int64) string { return fmt.Sprintf("%s-%06d", prefix, number) }
