package saga_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

// holiday is the data of the sagas in these examples.
type holiday struct{ To string }

func booked(_ context.Context, call saga.Call[holiday]) (string, error) {
	return call.Step + " in " + call.Data.To, nil
}

func freed(_ context.Context, call saga.Call[holiday], booking *string) error {
	fmt.Println("free", *booking)
	return nil
}

// runToTheEnd starts one saga, does something to it, and returns how it ended.
func runToTheEnd(name string, meanwhile func(*saga.Orchestrator) error, definitions ...saga.AnyDefinition) saga.Ending {
	o, err := saga.New(saga.Config{Store: memory.New(), Definitions: definitions})
	if err != nil {
		panic(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- o.Run(ctx) }()
	_, err = o.Start(ctx, name, "1", holiday{To: "Oslo"})
	if err == nil && meanwhile != nil {
		err = meanwhile(o)
	}
	end, waitErr := o.Wait(ctx, name, "1")
	stop()
	if err := errors.Join(err, waitErr, <-ended); err != nil {
		panic(err)
	}
	return end
}

func ExampleParallel() {
	full := func(context.Context, saga.Call[holiday]) (string, error) {
		return "", saga.Permanent(errors.New("no seat left"))
	}
	end := runToTheEnd("Trip", nil, saga.Definition[holiday]{Name: "Trip", Version: 1, Steps: []saga.Step[holiday]{
		saga.Compensable("insurance", booked, freed, saga.StepOptions{}),
		saga.Parallel("bookings",
			saga.Compensable("hotel", booked, freed, saga.StepOptions{}),
			saga.Compensable("flight", full, freed, saga.StepOptions{}),
		),
	}})
	fmt.Println(end.State, "-", end.Err)
	// Output:
	// free hotel in Oslo
	// free insurance in Oslo
	// failed - saga Trip/1 failed: step flight: no seat left
}

func ExampleAwait() {
	pay := func(_ context.Context, call saga.Call[holiday]) (string, error) {
		approval, err := saga.Result[string](call, "approval")
		fmt.Println("pay, approved by", approval)
		return "", err
	}
	end := runToTheEnd("Trip", func(o *saga.Orchestrator) error {
		// From any process, and before or after the saga has come to that step.
		return o.Signal(context.Background(), "Trip", "1", saga.Signal{ID: "form 7", Name: "approval", Payload: "Ada"})
	}, saga.Definition[holiday]{Name: "Trip", Version: 1, Steps: []saga.Step[holiday]{
		saga.Compensable("hotel", booked, freed, saga.StepOptions{}),
		saga.Await[holiday]("approval", saga.AwaitOptions[string]{}),
		saga.Pivot("pay", pay, saga.StepOptions{}),
	}})
	fmt.Println(end.State)
	// Output:
	// pay, approved by Ada
	// completed
}

func ExampleChild() {
	stay := saga.Definition[holiday]{Name: "Stay", Version: 1, Steps: []saga.Step[holiday]{
		saga.Compensable("hotel", booked, freed, saga.StepOptions{}),
		saga.Compensable("breakfast", booked, freed, saga.StepOptions{}),
	}}
	dataOfStay := func(_ context.Context, call saga.Call[holiday]) (holiday, error) { return call.Data, nil }
	leave := func(_ context.Context, _ saga.Call[holiday], results *saga.ChildResults) error {
		fmt.Printf("free %s and %s\n", (*results)["hotel"], (*results)["breakfast"])
		return nil
	}
	strike := func(context.Context, saga.Call[holiday]) (string, error) {
		return "", saga.Permanent(errors.New("strike"))
	}
	end := runToTheEnd("Trip", nil, stay, saga.Definition[holiday]{Name: "Trip", Version: 1, Steps: []saga.Step[holiday]{
		saga.Child("stay", "Stay", dataOfStay, saga.ChildOptions[holiday]{Undo: leave}),
		saga.Compensable("flight", strike, freed, saga.StepOptions{}),
	}})
	fmt.Println(end.State, "-", end.Err)
	// Output:
	// free "hotel in Oslo" and "breakfast in Oslo"
	// failed - saga Trip/1 failed: step flight: strike
}

func ExampleWithProbe() {
	paid := map[string]string{} // what the bank knows, by idempotency key
	pay := func(_ context.Context, call saga.Call[holiday]) (string, error) {
		paid[call.IdempotencyKey] = "receipt 8"
		return "", errors.New("the answer got lost")
	}
	ask := func(_ context.Context, call saga.Call[holiday]) (string, bool, error) {
		receipt, found := paid[call.IdempotencyKey]
		fmt.Println("asked in attempt", call.Attempt)
		return receipt, found, nil
	}
	soon := saga.StepOptions{Retry: saga.RetryPolicy{InitialInterval: time.Millisecond}}
	end := runToTheEnd("Trip", nil, saga.Definition[holiday]{Name: "Trip", Version: 1, Steps: []saga.Step[holiday]{
		saga.Compensable("hotel", booked, freed, saga.StepOptions{}),
		saga.WithProbe(saga.Pivot("pay", pay, soon), ask),
	}})
	fmt.Println(end.State, string(end.Instance.Steps()[1].Result))
	// Output:
	// asked in attempt 2
	// completed "receipt 8"
}
