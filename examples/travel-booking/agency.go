package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/skaldgo/skald/saga"
)

var (
	// ErrSoldOut: the agency has nothing left for this trip.
	ErrSoldOut = errors.New("sold out")
	// ErrCancelled: the booking had been cancelled before it arrived.
	ErrCancelled = errors.New("cancelled before it was booked")
)

// Booking is what an agency answers: the result of its step.
type Booking struct {
	Reference string `json:"reference"`
}

// Agency books one kind of thing. Its books are a map here and would be a table with a unique index on the key elsewhere.
type Agency struct {
	kind    string
	takes   time.Duration // how long it thinks about a booking
	soldOut bool

	mu   sync.Mutex
	book map[string]*entry // by the idempotency key of the booking
}

type entry struct {
	booking   Booking
	cancelled bool
}

// NewAgency returns an agency with empty books.
func NewAgency(kind string, takes time.Duration, soldOut bool) *Agency {
	return &Agency{kind: kind, takes: takes, soldOut: soldOut, book: map[string]*entry{}}
}

// Book is the action of a step. A key that comes again gets the first answer.
func (a *Agency) Book(ctx context.Context, call saga.Call[Trip]) (Booking, error) {
	if err := a.think(ctx); err != nil {
		return Booking{}, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	switch known := a.book[call.IdempotencyKey]; {
	case known != nil && known.cancelled:
		return Booking{}, saga.Permanent(ErrCancelled)
	case known != nil:
		return known.booking, nil
	case a.soldOut:
		// Permanent: nothing was booked, and to ask again will not help.
		return Booking{}, saga.Permanent(fmt.Errorf("no %s for %s: %w", a.kind, call.Data.City, ErrSoldOut))
	}
	booking := Booking{Reference: fmt.Sprintf("%s-%d", a.kind, len(a.book)+1)}
	a.book[call.IdempotencyKey] = &entry{booking: booking}
	return booking, nil
}

// Cancel is the compensation. It finds the booking by its key, because the result is not known when the answer to Book was
// lost; and it remembers the key of a booking that has not arrived, which must not happen any more.
func (a *Agency) Cancel(_ context.Context, call saga.Call[Trip], _ *Booking) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	known := a.book[call.ActionKey]
	if known == nil {
		a.book[call.ActionKey] = &entry{cancelled: true}
		return saga.ErrNothingToCompensate
	}
	known.cancelled = true
	return nil
}

// think takes its time, but no longer than the attempt may last.
func (a *Agency) think(ctx context.Context) error {
	if a.takes == 0 {
		return nil
	}
	select {
	case <-time.After(a.takes):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Bookings tells what was booked and what of it was cancelled.
func (a *Agency) Bookings() (standing, cancelled []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, e := range a.book {
		switch {
		case e.cancelled && e.booking.Reference != "":
			cancelled = append(cancelled, e.booking.Reference)
		case !e.cancelled:
			standing = append(standing, e.booking.Reference)
		}
	}
	return standing, cancelled
}
