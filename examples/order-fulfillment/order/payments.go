package order

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/skaldgo/skald/saga"
)

// ErrCardDeclined: the bank refuses the card. Permanent.
var ErrCardDeclined = errors.New("card declined")

// Payment is money taken from a card.
type Payment struct {
	ID string `json:"id"`
	// Amount is in cents.
	Amount int64 `json:"amount"`
}

const (
	opCharge = "payments.charge"
	opRefund = "payments.refund"

	addPayment = "INSERT INTO payments (key, order_id, card_token, amount) VALUES (?, ?, ?, ?)"
	addRefund  = `INSERT INTO refunds (key, payment, amount)
		SELECT ?, number, amount FROM payments WHERE key = ?
		AND NOT EXISTS (SELECT 1 FROM refunds WHERE payment = payments.number)`

	declinedToken = "tok_declined"
)

// ProcessPayment charges the card with what the order costs.
func (s *Services) ProcessPayment(ctx context.Context, call saga.Call[Order]) (Payment, error) {
	o := call.Data
	request := struct {
		Order, CardToken string
		Amount           int64
	}{o.ID, o.Payment.CardToken, o.Total()}
	return perform(ctx, s, call, opCharge, request, func(ctx context.Context, tx *sql.Tx) (Payment, error) {
		if err := o.Payment.Chargeable(); err != nil {
			return Payment{}, err
		}
		added, err := s.exec(ctx, tx, addPayment, call.IdempotencyKey, o.ID, o.Payment.CardToken, request.Amount)
		if err != nil {
			return Payment{}, fmt.Errorf("add a payment: %w", err)
		}
		number, err := added.LastInsertId()
		if err != nil {
			return Payment{}, fmt.Errorf("add a payment: %w", err)
		}
		return Payment{ID: recordID("PAY", number), Amount: request.Amount}, nil
	})
}

// Chargeable returns why the bank refuses the card, or nil. The error is permanent and matches ErrCardDeclined.
func (c Card) Chargeable() error {
	reason, declined := strings.CutPrefix(c.CardToken, declinedToken)
	if !declined {
		return nil
	}
	reason = strings.ReplaceAll(strings.Trim(reason, "_"), "_", " ")
	return saga.Permanent(fmt.Errorf("%w: the bank says %q", ErrCardDeclined, reason))
}

// RefundPayment gives all of the money back.
func (s *Services) RefundPayment(ctx context.Context, call saga.Call[Order], known *Payment) error {
	r := reversal{opRefund, opCharge}
	return compensate(ctx, s, call, r, known, func(ctx context.Context, tx *sql.Tx, _ Payment) (bool, error) {
		return changed(s.exec(ctx, tx, addRefund, call.IdempotencyKey, call.ActionKey))
	})
}

// changed reports whether a statement found anything to change.
func changed(result sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}
