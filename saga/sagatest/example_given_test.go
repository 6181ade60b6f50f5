package sagatest_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/sagatest"
)

// Given that payment timed out twice, when the third attempt is refused for good, then both steps are compensated, the
// payment as well, because it may have happened.
func ExampleGiven() {
	t := printer{} // in a test, its *testing.T
	sagatest.Given(t, trip().Definition, order{Item: "Bergen"}).
		After(sagatest.Step("book", sagatest.Succeeds("room 12")), sagatest.Step("pay", sagatest.TimesOut().Times(2))).
		When(sagatest.Step("pay", sagatest.Refuses("card declined"))).
		Then(
			saga.StepFailed{AttemptFailed: saga.AttemptFailed{Step: "pay", Attempt: 3, Permanent: true}},
			saga.CompensationRequested{FailedStep: "pay", Plan: []string{"pay", "book"}},
			saga.CompensationStarted{AttemptStarted: saga.AttemptStarted{Step: "pay", Attempt: 1}},
		).
		ThenState(saga.StateCompensating).
		ThenStep("pay", saga.StepStateCompensating)

	// A sentence that does not hold says so.
	sagatest.Given(t, trip().Definition, order{Item: "Bergen"}).
		After(sagatest.Step("book", sagatest.Succeeds("room 12"))).
		When(sagatest.Step("pay", sagatest.Refuses("card declined"))).
		Then(saga.StepFailed{}, saga.CompensationRequested{Plan: []string{"pay", "book"}})
	// Output:
	// sagatest: when pay refuses for good (card declined): what was to follow (-), and what did (+):
	//
	//     StepFailed pay 1 for good (card declined)
	//   - CompensationRequested to undo pay, book
	//   + CompensationRequested because of pay to undo book
	//   + CompensationStarted book 1 with its result
}

// A compensation that panics is retried, one that refuses waits for a person, who lets it go on.
func ExampleRedriven() {
	t := printer{} // in a test, its *testing.T
	declined := sagatest.Given(t, trip().Definition, order{}).After(
		sagatest.Step("book", sagatest.Fails("line busy"), sagatest.Succeeds("room 12")),
		sagatest.Step("pay", sagatest.Refuses("card declined")),
	)
	declined.
		After(sagatest.Step("book", sagatest.Panics("out of range"))).
		When(sagatest.Step("book", sagatest.Refuses("no such room"))).
		ThenParked(saga.ParkedPermanentError)
	declined.
		When(sagatest.Redriven()).
		ThenRefused(saga.ErrNotParked)
	declined.
		After(sagatest.Step("book", sagatest.Refuses("no such room")), sagatest.Redriven()).
		When(sagatest.Step("book", sagatest.FindsNothing())).
		Then(saga.CompensationCompleted{Step: "book", Attempt: 2, Nothing: true}, saga.SagaFailed{FailedStep: "pay"})
	// Output:
}

func ExampleRestarted() {
	t := printer{} // in a test, its *testing.T
	sagatest.Given(t, trip().Definition, order{}).
		When(sagatest.Restarted()).
		Then(
			saga.StepInterrupted{AttemptRef: saga.AttemptRef{Step: "book", Attempt: 1}},
			saga.StepStarted{AttemptStarted: saga.AttemptStarted{Step: "book", Attempt: 2}},
		)
	// Output:
}

// Events and commands stand for what the other happenings do not say.
func ExampleCommand() {
	t := printer{} // in a test, its *testing.T
	sagatest.Given(t, trip().Definition, order{}).
		After(sagatest.Events(saga.StepTimedOut{AttemptRef: saga.AttemptRef{Step: "book", Attempt: 1}})).
		When(sagatest.Command(saga.DeclareStillRunning{})).
		ThenParked(saga.ParkedStillRunning)
	// Output:
}

func ExampleSucceedsLate() {
	t := printer{} // in a test, its *testing.T
	sagatest.Given(t, trip().Definition, order{}).
		When(sagatest.Step("book", sagatest.SucceedsLate("room 12", time.Minute))).
		Then(
			saga.StepCompleted{Step: "book", Attempt: 1, Late: true},
			saga.StepStarted{AttemptStarted: saga.AttemptStarted{Step: "pay", Attempt: 1}},
		)
	// Output:
}

// The recorder stands in the place of every function of the definition; hours of the saga pass in no time.
func ExampleRunOrchestrator() {
	test := func(t *testing.T) {
		r := sagatest.NewRecorder().
			On("book", sagatest.Succeeds("room 12")).
			On("pay", sagatest.TimesOut(), sagatest.Fails("line busy"), sagatest.Refuses("card declined")).
			OnCompensation("pay", sagatest.FindsNothing())
		o := sagatest.RunOrchestrator(t, saga.Config{
			Definitions: []saga.AnyDefinition{sagatest.Scripted(trip().Definition, r)},
		})
		began := time.Now()
		if _, err := o.Start(t.Context(), "Trip", "1", order{Item: "Bergen"}); err != nil {
			t.Fatal(err)
		}
		end, err := o.Wait(t.Context(), "Trip", "1")
		fmt.Println(end.State, err, "after", time.Since(began))
		for _, call := range r.Calls() {
			fmt.Println(call, call.Key, call.Deadline.Sub(began))
		}
		fmt.Printf("the room to cancel: %s\n", r.Calls()[5].Result)
	}
	synctest.Test(new(testing.T), test) // in a test, its *testing.T
	// Output:
	// failed <nil> after 5m3s
	// action of book, attempt 1 Trip/1/book/action 5m0s
	// action of pay, attempt 1 Trip/1/pay/action 5m0s
	// action of pay, attempt 2 Trip/1/pay/action 10m1s
	// action of pay, attempt 3 Trip/1/pay/action 10m3s
	// compensation of pay, attempt 1 Trip/1/pay/compensation 10m3s
	// compensation of book, attempt 1 Trip/1/book/compensation 10m3s
	// the room to cancel: "room 12"
}

// A step that is not named keeps its function: here booking is tested, and the bank is not.
func ExampleScripted() {
	t := printer{} // in a test, its *testing.T
	declined := func() sagatest.Case[order] {
		c, bank := trip(), sagatest.NewRecorder().On("pay", sagatest.Refuses("card declined"))
		c.Definition = sagatest.Scripted(c.Definition, bank, "pay")
		c.Invariant = func(end *saga.Instance) error {
			if c.Ledger.Stands(end.Ref(), "book") {
				return errors.New("the room is still booked")
			}
			return nil
		}
		return c
	}
	report := sagatest.Explore(quiet{t}, declined, sagatest.Options{SinglesOnly: true})
	fmt.Println(report.Completed, report.Failed > 10, report.Err)
	// Output: 0 true <nil>
}
