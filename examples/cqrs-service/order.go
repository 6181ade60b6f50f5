package main

import (
	"errors"
	"fmt"

	"github.com/skaldgo/skald/eventstore"
)

// Command is what can be asked of an order.
type Command interface{ command() }

// Place is asked by a client, the others by the steps of the saga.
type (
	Place struct {
		Item  string
		Cents int64
	}
	Accept  struct{}
	Reject  struct{}
	Confirm struct{ Receipt string }
)

func (Place) command()   {}
func (Accept) command()  {}
func (Reject) command()  {}
func (Confirm) command() {}

// Event is what can happen to an order.
type Event interface{ event() }

// What the log holds. The names in JSON and in newRegistry are for ever; those in Go are not.
type (
	OrderPlaced struct {
		Item  string `json:"item"`
		Cents int64  `json:"cents"`
	}
	OrderAccepted  struct{}
	OrderRejected  struct{}
	OrderConfirmed struct {
		Receipt string `json:"receipt"`
	}
)

func (OrderPlaced) event()    {}
func (OrderAccepted) event()  {}
func (OrderRejected) event()  {}
func (OrderConfirmed) event() {}

const typeOrderPlaced = "OrderPlaced"

func newRegistry() (*eventstore.Registry, error) {
	r := eventstore.NewRegistry()
	return r, errors.Join(
		eventstore.Register[OrderPlaced](r, typeOrderPlaced),
		eventstore.Register[OrderAccepted](r, "OrderAccepted"),
		eventstore.Register[OrderRejected](r, "OrderRejected"),
		eventstore.Register[OrderConfirmed](r, "OrderConfirmed"),
	)
}

// The reasons for which an order refuses a command.
var (
	ErrInvalid         = errors.New("invalid order")
	ErrPlacedOtherwise = errors.New("an order with this id was placed with other content")
	ErrNotInThisState  = errors.New("not possible in this state")
	errUnknownCommand  = errors.New("unknown command")
)

// The states of an order.
const (
	StatusPlaced    = "placed"
	StatusAccepted  = "accepted"
	StatusConfirmed = "confirmed"
	StatusRejected  = "rejected"
)

// Order is the aggregate.
type Order struct {
	placed OrderPlaced
	status string // "" before it is placed
}

// Decide says which events a command causes. A command that comes again causes none: steps of a saga run at least once.
func (o *Order) Decide(command Command) ([]Event, error) {
	switch c := command.(type) {
	case Place:
		return o.place(c)
	case Accept:
		return o.move(StatusPlaced, StatusAccepted, OrderAccepted{})
	case Confirm:
		return o.move(StatusAccepted, StatusConfirmed, OrderConfirmed(c))
	case Reject:
		// Also before it was accepted: the saga does not always know whether that has happened.
		if o.status == StatusPlaced {
			return []Event{OrderRejected{}}, nil
		}
		return o.move(StatusAccepted, StatusRejected, OrderRejected{})
	}
	return nil, fmt.Errorf("%T: %w", command, errUnknownCommand)
}

func (o *Order) place(c Place) ([]Event, error) {
	switch {
	case c.Item == "":
		return nil, fmt.Errorf("%w: item is empty", ErrInvalid)
	case c.Cents <= 0:
		return nil, fmt.Errorf("%w: cents is %d, it must be above 0", ErrInvalid, c.Cents)
	case o.status == "":
		return []Event{OrderPlaced(c)}, nil
	case o.placed != OrderPlaced(c):
		return nil, ErrPlacedOtherwise
	}
	return nil, nil
}

func (o *Order) move(from, to string, event Event) ([]Event, error) {
	switch o.status {
	case from:
		return []Event{event}, nil
	case to:
		return nil, nil
	}
	return nil, fmt.Errorf("from %q to %q: %w", o.status, to, ErrNotInThisState)
}

// Evolve takes one event into the state.
func (o *Order) Evolve(event Event) {
	switch e := event.(type) {
	case OrderPlaced:
		o.placed, o.status = e, StatusPlaced
	case OrderAccepted:
		o.status = StatusAccepted
	case OrderRejected:
		o.status = StatusRejected
	case OrderConfirmed:
		o.status = StatusConfirmed
	}
}
