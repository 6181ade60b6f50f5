package saga_test

import (
	"encoding/json"
	"time"

	"github.com/skaldgo/skald/internal/walktest"
	"github.com/skaldgo/skald/saga"
)

// goods is the data of every saga in these tests.
type goods = walktest.Goods

var someGoods = json.RawMessage(`{"item":"lamp","count":2}`)

// Steps of each kind, with whatever options, those that make no sense included.
func compensable(name string, o saga.StepOptions) saga.Step[goods] {
	return saga.Compensable(name, walktest.Do, walktest.Undo, o)
}
func readOnly(name string, o saga.StepOptions) saga.Step[goods] {
	return saga.ReadOnly(name, walktest.Do, o)
}
func pivot(name string, o saga.StepOptions) saga.Step[goods] { return saga.Pivot(name, walktest.Do, o) }
func retriable(name string, o saga.StepOptions) saga.Step[goods] {
	return saga.Retriable(name, walktest.Do, o)
}

func define(name string, steps ...saga.Step[goods]) saga.Definition[goods] {
	return saga.Definition[goods]{Name: name, Version: 1, Steps: steps}
}

// orderDef has four compensable steps.
func orderDef() saga.Definition[goods] {
	var o saga.StepOptions
	return define("Order", compensable("reserve", o), compensable("pay", o), compensable("ship", o), compensable("tell", o))
}

// tripDef has a point of no return in its middle.
func tripDef() saga.Definition[goods] {
	var o saga.StepOptions
	return define("Trip", compensable("hotel", o), compensable("car", o), pivot("buy", o), retriable("mail", o))
}

// once allows one attempt of the action.
func once() saga.StepOptions { return saga.StepOptions{Retry: saga.RetryPolicy{MaximumAttempts: 1}} }

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
