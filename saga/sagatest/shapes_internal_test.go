package sagatest

import (
	"context"
	"testing"
	"time"

	"github.com/skaldgo/skald/saga"
)

// shape is a shape of saga that the campaign runs.
type shape struct {
	name  string
	fresh func() (subject, error)
	show  func(t *testing.T, seed uint64)
}

type goods struct{ Item string }

func shapes() []shape {
	return []shape{
		shapeOf("all compensable", allCompensable),
		shapeOf("pivot and retriable", pivotAndRetriable),
		shapeOf("limits of every kind", everyLimit),
		shapeOf("branches side by side", sideBySide),
		shapeOf("waits and a deadline", waitsAndDeadline),
		shapeOf("sagas that start others", others),
	}
}

func shapeOf(name string, factory func() Case[goods]) shape {
	return shape{name: name, fresh: subjects(factory), show: func(t *testing.T, seed uint64) {
		Simulate(t, factory, Seeds{First: seed, Count: 1, Sagas: campaignSagas})
	}}
}

// desk is the functions of a step over a ledger.
type desk struct{ *Ledger }

func (d desk) do(_ context.Context, call saga.Call[goods]) (string, error) {
	return Apply(d.Ledger, call, call.Step+" of "+call.Data.Item)
}

func (d desk) undo(_ context.Context, call saga.Call[goods], _ *string) error {
	return Undo(d.Ledger, call)
}

func (d desk) look(context.Context, saga.Call[goods]) (string, error) { return "in stock", nil }

func (d desk) compensable(name string, o saga.StepOptions) saga.Step[goods] {
	return saga.Compensable(name, d.do, d.undo, o)
}

func (d desk) of(name string, steps ...saga.Step[goods]) Case[goods] {
	return Case[goods]{
		Definition: saga.Definition[goods]{Name: name, Version: 1, Steps: steps},
		Data:       goods{Item: "lamp"}, Ledger: d.Ledger,
	}
}

// allCompensable is the saga of an order: four steps, each with its compensation, and every default.
func allCompensable() Case[goods] {
	d := desk{NewLedger()}
	c := d.of("OrderFulfillment",
		d.compensable("reserve_inventory", saga.StepOptions{}), d.compensable("process_payment", saga.StepOptions{}),
		d.compensable("create_shipment", saga.StepOptions{}), d.compensable("send_confirmation", saga.StepOptions{}),
	)
	c.Skippable = []string{"send_confirmation"}
	return c
}

// pivotAndRetriable goes past a point of no return. The next version of the program has one step more.
func pivotAndRetriable() Case[goods] {
	d := desk{NewLedger()}
	persistent := saga.StepOptions{Retry: saga.RetryPolicy{MaximumAttempts: 3}}
	c := d.of("Trip",
		saga.ReadOnly("look", d.look, saga.StepOptions{}),
		d.compensable("hold", saga.StepOptions{CompensateOnFailure: true}),
		saga.Pivot("pay", d.do, saga.StepOptions{Retry: saga.RetryPolicy{MaximumAttempts: 2}}),
		saga.Retriable("ticket", d.do, persistent),
	)
	c.Next = c.Definition
	c.Next.Version = 2
	c.Next.Steps = append(append([]saga.Step[goods]{}, c.Definition.Steps...), saga.Retriable("remind", d.do, persistent))
	c.Skippable = []string{"look", "pay", "ticket"}
	return c
}

// everyLimit has a limit of every kind: of an attempt, of all attempts, of retries, in both directions. In the next version the
// limits are others, and nothing is signed any more.
func everyLimit() Case[goods] {
	d := desk{NewLedger()}
	short := saga.RetryPolicy{InitialInterval: 100 * time.Millisecond, MaximumInterval: time.Second, MaximumAttempts: 5}
	c := d.of("Loan",
		saga.ReadOnly("score", d.look, saga.StepOptions{Timeout: 2 * time.Second, Retry: short}),
		d.compensable("reserve", saga.StepOptions{
			Timeout: 3 * time.Second, TotalTimeout: 10 * time.Second, Retry: short, CompensateOnFailure: true,
		}),
		d.compensable("sign", saga.StepOptions{
			Timeout: time.Minute, Retry: saga.RetryPolicy{MaximumAttempts: 1},
			Compensation: saga.AttemptOptions{
				Timeout: time.Second, TotalTimeout: 20 * time.Second, Retry: saga.RetryPolicy{MaximumAttempts: 2},
			},
		}),
		saga.Retriable("transfer", d.do, saga.StepOptions{TotalTimeout: time.Hour, Retry: short}),
	)
	rare := saga.StepOptions{Timeout: 5 * time.Second, Retry: saga.RetryPolicy{InitialInterval: time.Second, MaximumAttempts: 2}}
	left := rare
	left.CompensateOnFailure = true
	c.Next = c.Definition
	c.Next.Version = 2
	c.Next.Steps = []saga.Step[goods]{
		saga.ReadOnly("score", d.look, rare), d.compensable("reserve", left), saga.Retriable("transfer", d.do, rare),
	}
	return c
}

// sideBySide has groups on both sides of a point of no return, one of them with a limit, and a deadline that is short. In the
// next version the limit is higher, and its branches are in another order.
func sideBySide() Case[goods] {
	d := desk{NewLedger()}
	twice := saga.StepOptions{Timeout: 30 * time.Second, Retry: saga.RetryPolicy{MaximumAttempts: 2}}
	left := twice
	left.CompensateOnFailure = true
	flight, hotel := d.compensable("flight", twice), d.compensable("hotel", saga.StepOptions{})
	weather, car := saga.ReadOnly("weather", d.look, twice), d.compensable("car", left)
	c := d.of("Journey",
		saga.Parallel("book", flight, hotel, weather, car).Limit(2),
		saga.Pivot("pay", d.do, twice),
		saga.Parallel("after", saga.Retriable("ticket", d.do, twice), saga.Retriable("invoice", d.do, twice)),
	)
	c.Definition.Deadline = 2 * time.Minute
	c.Next = c.Definition
	c.Next.Version = 2
	c.Next.Steps = append([]saga.Step[goods]{}, c.Definition.Steps...)
	c.Next.Steps[0] = saga.Parallel("book", car, weather, hotel, flight).Limit(3)
	c.Skippable = []string{"weather", "car", "invoice"}
	return c
}

// waitsAndDeadline waits before, beside and after what it does: with a limit, with a default, and for ever. The next version
// has its steps in another order, and waits for the receipt at another step.
func waitsAndDeadline() Case[goods] {
	d := desk{NewLedger()}
	twice, no := saga.StepOptions{Timeout: time.Minute, Retry: saga.RetryPolicy{MaximumAttempts: 2}}, false
	c := d.of("Mortgage",
		d.compensable("reserve", twice),
		saga.Await[goods]("approval", saga.AwaitOptions[bool]{Timeout: 5 * time.Minute}),
		saga.Parallel("checks", d.compensable("value", twice), d.compensable("insure", twice),
			saga.Await[goods]("papers", saga.AwaitOptions[bool]{Timeout: 30 * time.Second, Default: &no})),
		saga.Await[goods]("signature", saga.AwaitOptions[bool]{Signal: "approval"}),
		saga.Retriable("transfer", d.do, saga.StepOptions{}),
		saga.Await[goods]("receipt", saga.AwaitOptions[string]{Timeout: time.Minute}),
	)
	c.Definition.Deadline = 15 * time.Minute
	c.Next = c.Definition
	c.Next.Version = 2
	before := c.Definition.Steps
	c.Next.Steps = []saga.Step[goods]{
		before[0], before[1], before[3], before[2], before[4],
		saga.Await[goods]("deed", saga.AwaitOptions[string]{Signal: "receipt", Timeout: time.Minute}),
	}
	c.Skippable = []string{"approval", "papers", "insure", "receipt"}
	c.Signals = map[string][]any{"approval": {true, false}, "papers": {true}, "receipt": {"paid"}}
	return c
}
