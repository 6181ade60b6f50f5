package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"

	"github.com/skaldgo/skald/saga"
)

// The reasons for which a bank refuses. They are permanent: nothing has happened, and to ask again does not help.
var (
	ErrInsufficientFunds = errors.New("insufficient funds")
	ErrNoAccount         = errors.New("no such account")
	ErrAmount            = errors.New("an amount must be above zero")
	ErrRevoked           = errors.New("undone before it was done")
)

// Receipt is the result of every step: a number in the books of the bank.
type Receipt struct {
	Number int `json:"number"`
}

// Bank keeps accounts, a ledger and the idempotency keys of everything that it has done, changed under one lock. A bank
// over SQL does the same in one transaction, with a unique index on the key.
type Bank struct {
	mu       sync.Mutex
	accounts map[string]int64 // cents
	ledger   map[string]Transfer
	notices  int
	done     map[string]*effect // by idempotency key
}

// effect is what the bank knows of a key. One that is revoked was undone, or may not happen any more.
type effect struct {
	receipt Receipt
	revoked bool
}

// NewBank returns a bank with these accounts, in cents.
func NewBank(accounts map[string]int64) *Bank {
	return &Bank{accounts: maps.Clone(accounts), ledger: map[string]Transfer{}, done: map[string]*effect{}}
}

// Debit takes the money from the account of the sender.
func (b *Bank) Debit(_ context.Context, call saga.Call[Transfer]) (Receipt, error) {
	return b.once(call, func() error {
		has, known := b.accounts[call.Data.From]
		switch {
		case call.Data.Cents <= 0:
			return fmt.Errorf("%s: %w", euros(call.Data.Cents), ErrAmount)
		case !known:
			return fmt.Errorf("%s: %w", call.Data.From, ErrNoAccount)
		case has < call.Data.Cents:
			return fmt.Errorf("%s has %s of %s: %w", call.Data.From, euros(has), euros(call.Data.Cents), ErrInsufficientFunds)
		}
		b.accounts[call.Data.From] -= call.Data.Cents
		return nil
	})
}

// PutBack undoes Debit.
func (b *Bank) PutBack(_ context.Context, call saga.Call[Transfer], _ *Receipt) error {
	return b.undo(call, func() { b.accounts[call.Data.From] += call.Data.Cents })
}

// Record enters the transfer into the ledger.
func (b *Bank) Record(_ context.Context, call saga.Call[Transfer]) (Receipt, error) {
	return b.once(call, func() error {
		b.ledger[call.SagaID] = call.Data
		return nil
	})
}

// Strike undoes Record.
func (b *Bank) Strike(_ context.Context, call saga.Call[Transfer], _ *Receipt) error {
	return b.undo(call, func() { delete(b.ledger, call.SagaID) })
}

// Credit gives the money to the account of the receiver.
func (b *Bank) Credit(_ context.Context, call saga.Call[Transfer]) (Receipt, error) {
	return b.once(call, func() error {
		if _, known := b.accounts[call.Data.To]; !known {
			return fmt.Errorf("%s: %w", call.Data.To, ErrNoAccount)
		}
		b.accounts[call.Data.To] += call.Data.Cents
		return nil
	})
}

// TakeBack undoes Credit, also when the receiver has spent the money already: then they owe it.
func (b *Bank) TakeBack(_ context.Context, call saga.Call[Transfer], _ *Receipt) error {
	return b.undo(call, func() { b.accounts[call.Data.To] -= call.Data.Cents })
}

// Notify tells the receiver.
func (b *Bank) Notify(_ context.Context, call saga.Call[Transfer]) (Receipt, error) {
	return b.once(call, func() error {
		b.notices++
		return nil
	})
}

// once has an effect once under its key: a repeat gets the first receipt. An error of do means that nothing has changed.
func (b *Bank) once(call saga.Call[Transfer], do func() error) (Receipt, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch known := b.done[call.IdempotencyKey]; {
	case known != nil && known.revoked:
		return Receipt{}, saga.Permanent(ErrRevoked)
	case known != nil:
		return known.receipt, nil
	}
	if err := do(); err != nil {
		return Receipt{}, saga.Permanent(err)
	}
	receipt := Receipt{Number: len(b.done) + 1}
	b.done[call.IdempotencyKey] = &effect{receipt: receipt}
	return receipt, nil
}

// undo takes an effect back once. It asks the books whether the effect has happened, not the result, which is unknown when
// the answer was lost. When it has not happened, it must not happen any more: it may still be on its way.
func (b *Bank) undo(call saga.Call[Transfer], revert func()) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch known := b.done[call.ActionKey]; {
	case known == nil:
		b.done[call.ActionKey] = &effect{revoked: true}
		return saga.ErrNothingToCompensate
	case !known.revoked:
		known.revoked = true
		revert()
	}
	return nil
}

// Accounts returns a copy of all accounts.
func (b *Bank) Accounts() map[string]int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.accounts)
}

// total is how much money there is. What a transfer that runs has debited and not yet credited is in no account.
func total(accounts map[string]int64) int64 {
	var sum int64
	for _, cents := range accounts {
		sum += cents
	}
	return sum
}

// euros writes cents as an amount.
func euros(cents int64) string { return fmt.Sprintf("%.2f", float64(cents)/100) }
