package main

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/skaldgo/skald/saga"
)

var (
	// ErrNoMoney: the lender has too little left.
	ErrNoMoney = errors.New("too little money left")
	// ErrReleased: the reservation was released before it was made.
	ErrReleased = errors.New("released before it was reserved")
)

// Reservation is the result of reserving money: where in the lender's books it is.
type Reservation struct {
	Key string `json:"key"`
}

// Lender has money, of which it reserves some and pays some out. Its books are a map here and would be a table with a unique
// index on the key elsewhere.
type Lender struct {
	mu    sync.Mutex
	free  int64 // cents
	loans map[string]*loan
}

// loan is an entry in the books, by the idempotency key of its reservation.
type loan struct {
	cents          int64
	released, paid bool
}

// NewLender returns a lender with so many cents.
func NewLender(cents int64) *Lender { return &Lender{free: cents, loans: map[string]*loan{}} }

// Reserve sets money aside, once for each key.
func (l *Lender) Reserve(_ context.Context, call saga.Call[Application]) (Reservation, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	known := l.loans[call.IdempotencyKey]
	switch {
	case known != nil && known.released:
		return Reservation{}, saga.Permanent(ErrReleased)
	case known == nil && l.free < call.Data.Cents:
		return Reservation{}, saga.Permanent(fmt.Errorf("%s of %s: %w", euros(l.free), euros(call.Data.Cents), ErrNoMoney))
	case known == nil:
		l.free -= call.Data.Cents
		l.loans[call.IdempotencyKey] = &loan{cents: call.Data.Cents}
	}
	return Reservation{Key: call.IdempotencyKey}, nil
}

// Release undoes Reserve. It goes by the key, because the result is not known when the answer to Reserve was lost.
func (l *Lender) Release(_ context.Context, call saga.Call[Application], _ *Reservation) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	known := l.loans[call.ActionKey]
	switch {
	case known == nil:
		l.loans[call.ActionKey] = &loan{released: true}
		return saga.ErrNothingToCompensate
	case !known.released:
		known.released = true
		l.free += known.cents
	}
	return nil
}

// PayOut pays what was reserved. To pay the same reservation again changes nothing.
func (l *Lender) PayOut(_ context.Context, call saga.Call[Application]) (Reservation, error) {
	reservation, err := saga.Result[Reservation](call, "reserve_money")
	if err != nil {
		return reservation, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.loans[reservation.Key].paid = true
	return reservation, nil
}

// Balance tells how much money is free, reserved and paid out.
func (l *Lender) Balance() (free, reserved, paid int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, loan := range l.loans {
		switch {
		case loan.paid:
			paid += loan.cents
		case !loan.released:
			reserved += loan.cents
		}
	}
	return l.free, reserved, paid
}

// euros writes cents as an amount.
func euros(cents int64) string { return fmt.Sprintf("%.2f", float64(cents)/100) }
