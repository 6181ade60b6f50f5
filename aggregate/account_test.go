package aggregate_test

import (
	"errors"
	"fmt"

	"github.com/skaldgo/skald/eventstore"
)

// The account is what a user of the package writes.

// Command is what can be asked of an account.
type Command interface{ command() }

// Open opens the account, Deposit and Withdraw move money. Amounts are in cents.
type (
	Open     struct{ Owner string }
	Deposit  struct{ Amount int }
	Withdraw struct{ Amount int }
)

func (Open) command()     {}
func (Deposit) command()  {}
func (Withdraw) command() {}

// Event is what can happen to an account.
type Event interface{ event() }

// Opened, Deposited and Withdrawn are what the log holds.
type (
	Opened    struct{ Owner string }
	Deposited struct{ Amount int }
	Withdrawn struct{ Amount int }
)

func (Opened) event()    {}
func (Deposited) event() {}
func (Withdrawn) event() {}

// ErrInsufficientFunds and ErrNotOpen refuse a command.
var (
	ErrInsufficientFunds = errors.New("insufficient funds")
	ErrNotOpen           = errors.New("account is not open")
)

// Account is an aggregate.
type Account struct {
	ID      string
	Open    bool
	Balance int
}

// NewAccount returns an account to which nothing has happened.
func NewAccount(id string) *Account { return &Account{ID: id} }

// Decide says what a command causes.
func (a *Account) Decide(command Command) ([]Event, error) {
	switch c := command.(type) {
	case Open:
		if a.Open {
			return nil, nil
		}
		return []Event{Opened(c)}, nil
	case Deposit:
		if !a.Open {
			return nil, ErrNotOpen
		}
		return []Event{Deposited(c)}, nil
	case Withdraw:
		if a.Balance < c.Amount {
			return nil, fmt.Errorf("withdraw %d of %d: %w", c.Amount, a.Balance, ErrInsufficientFunds)
		}
		return []Event{Withdrawn(c)}, nil
	}
	return nil, fmt.Errorf("unknown command %T", command)
}

// Evolve takes one event into the account.
func (a *Account) Evolve(event Event) {
	switch e := event.(type) {
	case Opened:
		a.Open = true
	case Deposited:
		a.Balance += e.Amount
	case Withdrawn:
		a.Balance -= e.Amount
	}
}

// NewRegistry names the events of an account.
func NewRegistry() (*eventstore.Registry, error) {
	r := eventstore.NewRegistry()
	return r, errors.Join(
		eventstore.Register[Opened](r, "AccountOpened"),
		eventstore.Register[Deposited](r, "MoneyDeposited"),
		eventstore.Register[Withdrawn](r, "MoneyWithdrawn"),
	)
}
