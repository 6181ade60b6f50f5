package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/saga"
)

// SagaName is the name of the saga's definition. A saga has the id of its order.
const SagaName = "Fulfilment"

// Orders is the repository of the aggregate.
type Orders = aggregate.Repository[*Order, Command, Event]

// Payments is the payment provider: the only participant that is elsewhere.
type Payments interface {
	Charge(context.Context, saga.Call[OrderPlaced]) (Receipt, error)
	Refund(context.Context, saga.Call[OrderPlaced], *Receipt) error
}

// Receipt is the result of a charge.
type Receipt struct {
	Number string `json:"number"`
}

// Fulfilment is the saga. Its first and last step are commands to the aggregate, in whose stream the order's status is.
func Fulfilment(orders *Orders, payments Payments) saga.Definition[OrderPlaced] {
	f := fulfilment{orders}
	return saga.Definition[OrderPlaced]{Name: SagaName, Version: 1, Steps: []saga.Step[OrderPlaced]{
		saga.Compensable("accept_order", f.accept, f.reject, saga.StepOptions{}),
		saga.Compensable("charge_card", payments.Charge, payments.Refund, saga.StepOptions{}),
		saga.Retriable("confirm_order", f.confirm, saga.StepOptions{}),
	}}
}

type fulfilment struct{ orders *Orders }

type none struct{}

func (f fulfilment) accept(ctx context.Context, call saga.Call[OrderPlaced]) (none, error) {
	return none{}, f.command(ctx, call, Accept{})
}

func (f fulfilment) reject(ctx context.Context, call saga.Call[OrderPlaced], _ *none) error {
	return f.command(ctx, call, Reject{})
}

func (f fulfilment) confirm(ctx context.Context, call saga.Call[OrderPlaced]) (none, error) {
	receipt, err := saga.Result[Receipt](call, "charge_card")
	if err != nil {
		return none{}, err
	}
	return none{}, f.command(ctx, call, Confirm{Receipt: receipt.Number})
}

// command hands a command to the order. A refusal is final; everything else, a store that cannot be reached for instance, may
// go well the next time.
func (f fulfilment) command(ctx context.Context, call saga.Call[OrderPlaced], command Command) error {
	_, err := f.orders.Execute(ctx, call.SagaID, command, aggregate.Envelope{
		Actor: "saga " + SagaName, CorrelationID: call.SagaID, CausationID: call.IdempotencyKey,
	})
	if errors.Is(err, ErrNotInThisState) {
		return saga.Permanent(err)
	}
	return err
}

// ErrDeclined: the card was not charged.
var ErrDeclined = errors.New("card declined")

// Cards stands for the provider. Its books are in memory: a real one goes on when this service dies.
type Cards struct {
	decline bool
	takes   time.Duration // how long it thinks about a card

	mu      sync.Mutex
	charges map[string]Charge // by the idempotency key of the charge
}

// Charge is an entry in the books of the provider.
type Charge struct {
	Receipt Receipt
	Cents   int64
	Void    bool // refunded, or not to be made any more
}

// NewCards returns a provider that accepts or declines every card.
func NewCards(decline bool, takes time.Duration) *Cards {
	return &Cards{decline: decline, takes: takes, charges: map[string]Charge{}}
}

// Charge charges the card once for each idempotency key.
func (c *Cards) Charge(ctx context.Context, call saga.Call[OrderPlaced]) (Receipt, error) {
	select {
	case <-time.After(c.takes):
	case <-ctx.Done():
		return Receipt{}, ctx.Err()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	known, again := c.charges[call.IdempotencyKey]
	switch {
	case c.decline || known.Void:
		return Receipt{}, saga.Permanent(ErrDeclined)
	case again:
		return known.Receipt, nil
	}
	receipt := Receipt{Number: "R-" + call.SagaID}
	c.charges[call.IdempotencyKey] = Charge{Receipt: receipt, Cents: call.Data.Cents}
	return receipt, nil
}

// Refund undoes the charge. The receipt is not known when the answer to Charge was lost, the key always is.
func (c *Cards) Refund(_ context.Context, call saga.Call[OrderPlaced], _ *Receipt) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	known, found := c.charges[call.ActionKey]
	known.Void = true
	c.charges[call.ActionKey] = known
	if !found {
		return saga.ErrNothingToCompensate
	}
	return nil
}
