package aggregatetest_test

import (
	"testing"

	"github.com/skaldgo/skald/aggregate/aggregatetest"
)

// A test of an aggregate reads as a sentence: given what happened, when a command comes, then this happens.
func ExampleGiven() {
	test := func(t *testing.T) {
		aggregatetest.Given[Command, Event](t, &Payment{}).
			When(Pay{Cents: 500}).
			Then(Paid{Cents: 500})

		aggregatetest.Given[Command, Event](t, &Payment{}, Paid{Cents: 500}).
			When(Pay{Cents: 500}).
			ThenNothing()

		aggregatetest.Given[Command, Event](t, &Payment{}).
			When(Refund{}).
			ThenError(errNothingPaid)
	}
	test(new(testing.T)) // in a test, t is the argument of the Test function
	// Output:
}
