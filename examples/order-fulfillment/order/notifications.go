package order

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/skaldgo/skald/saga"
)

// ErrBounced: the customer's mailbox does not exist. Permanent.
var ErrBounced = errors.New("message bounced")

// Confirmation is a message that told the customer that the order is on its way.
type Confirmation struct {
	ID string `json:"id"`
	To string `json:"to"`
}

const (
	opConfirm = "notifications.confirm"
	opRevoke  = "notifications.revoke"

	addConfirmation = "INSERT INTO messages (key, order_id, kind, recipient) VALUES (?, ?, 'confirmation', ?)"
	addCancellation = `INSERT INTO messages (key, order_id, kind, recipient, revokes)
		SELECT ?, order_id, 'cancellation', recipient, number FROM messages AS sent WHERE key = ?
		AND NOT EXISTS (SELECT 1 FROM messages WHERE revokes = sent.number)`
)

// SendOrderConfirmation writes to the customer.
func (s *Services) SendOrderConfirmation(ctx context.Context, call saga.Call[Order]) (Confirmation, error) {
	o := call.Data
	request := struct{ Order, To string }{o.ID, o.Customer.Email}
	return perform(ctx, s, call, opConfirm, request, func(ctx context.Context, tx *sql.Tx) (Confirmation, error) {
		if err := o.Customer.Reachable(); err != nil {
			return Confirmation{}, err
		}
		added, err := s.exec(ctx, tx, addConfirmation, call.IdempotencyKey, o.ID, request.To)
		if err != nil {
			return Confirmation{}, fmt.Errorf("add a message: %w", err)
		}
		number, err := added.LastInsertId()
		if err != nil {
			return Confirmation{}, fmt.Errorf("add a message: %w", err)
		}
		return Confirmation{ID: recordID("MSG", number), To: request.To}, nil
	})
}

// Reachable returns why a message to the customer bounces, or nil. The error is permanent and matches ErrBounced.
func (c Customer) Reachable() error {
	if strings.HasSuffix(c.Email, ".invalid") {
		return saga.Permanent(fmt.Errorf("%w: no mailbox %s", ErrBounced, c.Email))
	}
	return nil
}

// SendCancellationNotice tells the customer that the confirmed order will not come. Who got no confirmation gets none.
func (s *Services) SendCancellationNotice(ctx context.Context, call saga.Call[Order], known *Confirmation) error {
	r := reversal{opRevoke, opConfirm}
	return compensate(ctx, s, call, r, known, func(ctx context.Context, tx *sql.Tx, _ Confirmation) (bool, error) {
		return changed(s.exec(ctx, tx, addCancellation, call.IdempotencyKey, call.ActionKey))
	})
}

// queries are all statements of the services, in one list so that they are prepared once.
func queries() []string {
	return []string{
		findEffect, addEffect,
		findStock, setStock, addDelivery, addReservation, addLine, release, returnGoods,
		addPayment, addRefund,
		addShipment, cancelShip,
		addConfirmation, addCancellation,
	}
}
