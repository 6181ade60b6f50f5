package saga_test

import (
	"context"
	"fmt"
	"time"

	"github.com/skaldgo/skald/saga"
)

// A test hands all definitions of its program to Lint, and fails for what is not meant.
func ExampleLint() {
	type Trip struct{ City string }
	type call = saga.Call[Trip]
	book := func(context.Context, call) (string, error) { return "room 12", nil }
	cancel := func(context.Context, call, *string) error { return nil }
	pay := func(context.Context, call) (string, error) { return "receipt 8", nil }
	trip := saga.Definition[Trip]{Name: "Trip", Version: 1, Steps: []saga.Step[Trip]{
		saga.Compensable("book", book, cancel, saga.StepOptions{Timeout: 30, TotalTimeout: time.Minute}),
		saga.Pivot("pay", pay, saga.StepOptions{Timeout: time.Minute}),
	}}
	for _, finding := range saga.Lint(trip) {
		fmt.Println(finding)
	}
	// Output:
	// Trip, step book: Timeout is 30ns, and a millisecond is the shortest that is kept (too-short): give it a unit, as in 30*time.Second
	// Trip, step pay: no retriable step follows the pivot, and when its outcome is unknown the saga is parked instead of compensated (pivot-last): make it compensable if it can be undone, or put behind it, as retriable steps, what must follow from it
}
