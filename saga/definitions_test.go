package saga_test

import (
	"context"
	"encoding/json"
	"time"

	"github.com/skaldgo/skald/saga"
)

// goods is the data of every saga in these tests.
type goods struct {
	Item  string `json:"item"`
	Count int    `json:"count"`
}

var someGoods = json.RawMessage(`{"item":"lamp","count":2}`)

func do(context.Context, saga.Call[goods]) (string, error)  { return "", nil }
func undo(context.Context, saga.Call[goods], *string) error { return nil }
func compensable(name string, o saga.StepOptions) saga.Step[goods] {
	return saga.Compensable(name, do, undo, o)
}
func readOnly(name string, o saga.StepOptions) saga.Step[goods]  { return saga.ReadOnly(name, do, o) }
func pivot(name string, o saga.StepOptions) saga.Step[goods]     { return saga.Pivot(name, do, o) }
func retriable(name string, o saga.StepOptions) saga.Step[goods] { return saga.Retriable(name, do, o) }

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
