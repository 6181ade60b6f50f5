package order

import (
	"context"
	"database/sql"
	"fmt"
)

// account is what the books hold for one order. Effects that were undone do not count, but for the sums of money.
type account struct {
	reservations, payments, shipments, confirmations int64 // not undone
	notices                                          int64
	units, value                                     int64 // of the goods held
	charged, refunded                                int64
	partRefunds                                      int64 // refunds of another amount than was charged
}

// complete reports whether the order has everything, once.
func (a account) complete() bool {
	return a.reservations == 1 && a.payments == 1 && a.shipments == 1 && a.confirmations == 1
}

// empty reports whether nothing is left that was not undone.
func (a account) empty() bool {
	return a.reservations == 0 && a.payments == 0 && a.shipments == 0 && a.confirmations == 0
}

type shelf struct {
	sku                       string
	delivered, onHand, booked int64
}

// tally is everything that the books say, as of one instant.
type tally struct {
	orders  map[string]*account
	shelves []shelf
	// strays are effects without their record, and records without their effect.
	strays []Violation
}

func readTally(ctx context.Context, tx *sql.Tx) (tally, error) {
	t := tally{orders: map[string]*account{}}
	for _, read := range []func(context.Context, *sql.Tx) error{
		t.readGoods, t.readMoney, t.readParcels, t.readMessages, t.readShelves, t.readStrays,
	} {
		if err := read(ctx, tx); err != nil {
			return tally{}, err
		}
	}
	return t, nil
}

func (t *tally) account(order string) *account {
	a := t.orders[order]
	if a == nil {
		a = &account{}
		t.orders[order] = a
	}
	return a
}

// each runs a query and scan once for every row.
func each(ctx context.Context, tx *sql.Tx, query string, scan func(*sql.Rows) error) (err error) {
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (t *tally) readGoods(ctx context.Context, tx *sql.Tx) error {
	const query = `SELECT order_id, released_by IS NULL, coalesce(sum(units), 0), coalesce(sum(units * unit_price), 0)
		FROM reservations LEFT JOIN reservation_lines ON reservation = number GROUP BY number`
	return each(ctx, tx, query, func(rows *sql.Rows) error {
		var order string
		var held bool
		var units, value int64
		if err := rows.Scan(&order, &held, &units, &value); err != nil {
			return err
		}
		if a := t.account(order); held {
			a.reservations++
			a.units += units
			a.value += value
		}
		return nil
	})
}

func (t *tally) readMoney(ctx context.Context, tx *sql.Tx) error {
	const query = `SELECT order_id, p.amount, r.amount FROM payments AS p LEFT JOIN refunds AS r ON r.payment = p.number`
	return each(ctx, tx, query, func(rows *sql.Rows) error {
		var order string
		var amount int64
		var refund sql.NullInt64
		if err := rows.Scan(&order, &amount, &refund); err != nil {
			return err
		}
		a := t.account(order)
		a.charged += amount
		a.refunded += refund.Int64
		if !refund.Valid {
			a.payments++
		} else if refund.Int64 != amount {
			a.partRefunds++
		}
		return nil
	})
}

func (t *tally) readParcels(ctx context.Context, tx *sql.Tx) error {
	return each(ctx, tx, "SELECT order_id, cancelled_by IS NULL FROM shipments", func(rows *sql.Rows) error {
		var order string
		var onItsWay bool
		if err := rows.Scan(&order, &onItsWay); err != nil {
			return err
		}
		if a := t.account(order); onItsWay {
			a.shipments++
		}
		return nil
	})
}

func (t *tally) readMessages(ctx context.Context, tx *sql.Tx) error {
	const query = `SELECT m.order_id, m.kind,
		EXISTS (SELECT 1 FROM messages AS notice WHERE notice.revokes = m.number),
		coalesce(confirmed.kind = 'confirmation' AND confirmed.order_id = m.order_id, 0)
		FROM messages AS m LEFT JOIN messages AS confirmed ON confirmed.number = m.revokes`
	return each(ctx, tx, query, func(rows *sql.Rows) error {
		var order, kind string
		var revoked, revokes bool
		if err := rows.Scan(&order, &kind, &revoked, &revokes); err != nil {
			return err
		}
		a := t.account(order)
		switch {
		case kind == "cancellation" && !revokes:
			t.strays = append(t.strays, Violation{Kind: NoticeWithoutConfirmation, OrderID: order,
				Detail: "the customer was told of a cancellation without a confirmation before it"})
			a.notices++
		case kind == "cancellation":
			a.notices++
		case !revoked:
			a.confirmations++
		}
		return nil
	})
}

func (t *tally) readShelves(ctx context.Context, tx *sql.Tx) error {
	const query = `SELECT sku, on_hand,
		(SELECT coalesce(sum(units), 0) FROM deliveries WHERE deliveries.sku = stock.sku), coalesce(held.units, 0)
		FROM stock LEFT JOIN (SELECT sku, sum(units) AS units FROM reservation_lines
			JOIN reservations ON number = reservation WHERE released_by IS NULL GROUP BY sku) AS held USING (sku)
		ORDER BY sku`
	return each(ctx, tx, query, func(rows *sql.Rows) error {
		var s shelf
		if err := rows.Scan(&s.sku, &s.onHand, &s.delivered, &s.booked); err != nil {
			return err
		}
		t.shelves = append(t.shelves, s)
		return nil
	})
}

// readStrays compares the effects with the records that they should have left.
func (t *tally) readStrays(ctx context.Context, tx *sql.Tx) error {
	const records = `SELECT key, order_id, 'inventory.reserve' AS operation FROM reservations
		UNION ALL SELECT released_by, order_id, 'inventory.release' FROM reservations WHERE released_by IS NOT NULL
		UNION ALL SELECT key, order_id, 'payments.charge' FROM payments
		UNION ALL SELECT r.key, order_id, 'payments.refund' FROM refunds AS r JOIN payments AS p ON p.number = r.payment
		UNION ALL SELECT key, order_id, 'shipping.ship' FROM shipments
		UNION ALL SELECT cancelled_by, order_id, 'shipping.cancel' FROM shipments WHERE cancelled_by IS NOT NULL
		UNION ALL SELECT key, order_id,
			CASE kind WHEN 'confirmation' THEN 'notifications.confirm' ELSE 'notifications.revoke' END FROM messages`
	const query = `WITH records AS (` + records + `)
		SELECT e.order_id, e.key, 'has no record of its ' || e.operation FROM effects AS e
			LEFT JOIN records AS r ON r.key = e.key AND r.operation = e.operation AND r.order_id = e.order_id
			WHERE e.result IS NOT NULL AND r.key IS NULL
		UNION ALL SELECT r.order_id, r.key, 'stands on no ' || r.operation FROM records AS r
			LEFT JOIN effects AS e ON r.key = e.key AND r.operation = e.operation AND r.order_id = e.order_id
			WHERE e.key IS NULL OR e.result IS NULL`
	return each(ctx, tx, query, func(rows *sql.Rows) error {
		var order, key, what string
		if err := rows.Scan(&order, &key, &what); err != nil {
			return err
		}
		t.strays = append(t.strays, Violation{Kind: KeyMismatch, OrderID: order, Detail: fmt.Sprintf("key %s %s", key, what)})
		return nil
	})
}
