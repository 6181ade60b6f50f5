package saga_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

// An order is a saga of three steps. Shipping refuses, so the two steps before it are compensated, the last one first.
func ExampleOrchestrator() {
	type Order struct{ Item, Address string }
	type call = saga.Call[Order]
	say := func(words ...any) error {
		_, err := fmt.Println(words...)
		return err
	}
	reserve := func(_ context.Context, c call) (string, error) { return "shelf 3", say("reserve", c.Data.Item) }
	release := func(_ context.Context, _ call, shelf *string) error { return say("release", *shelf) }
	charge := func(_ context.Context, c call) (string, error) { return "receipt 8", say("charge for", c.Data.Item) }
	refund := func(_ context.Context, _ call, receipt *string) error { return say("refund", *receipt) }
	ship := func(_ context.Context, c call) (string, error) {
		return "", saga.Permanent(errors.New("nobody delivers to " + c.Data.Address))
	}
	recall := func(_ context.Context, _ call, parcel *string) error { return say("recall", *parcel) }

	orders := saga.Definition[Order]{Name: "Order", Version: 1, Steps: []saga.Step[Order]{
		saga.Compensable("reserve", reserve, release, saga.StepOptions{}),
		saga.Compensable("charge", charge, refund, saga.StepOptions{}),
		saga.Compensable("ship", ship, recall, saga.StepOptions{}),
	}}
	orchestrator, err := saga.New(saga.Config{Store: memory.New(), Definitions: []saga.AnyDefinition{orders}})
	if err != nil {
		panic(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- orchestrator.Run(ctx) }()

	if _, err := orchestrator.Start(ctx, "Order", "4711", Order{Item: "lamp", Address: "the moon"}); err != nil {
		panic(err)
	}
	end, err := orchestrator.Wait(ctx, "Order", "4711")
	fmt.Println(end.State, err, "-", end.Err)
	stop()
	fmt.Println(<-ended)
	// Output:
	// reserve lamp
	// charge for lamp
	// refund receipt 8
	// release shelf 3
	// failed <nil> - saga Order/4711 failed: step ship: nobody delivers to the moon
	// <nil>
}

// A transient error is retried. A permanent one is not, and says that the attempt certainly had no effect.
func ExamplePermanent() {
	declined := saga.Permanent(errors.New("card declined"))
	fmt.Println(declined, saga.IsPermanent(declined))
	fmt.Println(saga.IsPermanent(fmt.Errorf("charge: %w", declined)))
	fmt.Println(saga.IsPermanent(errors.New("connection reset")))
	// Output:
	// card declined true
	// true
	// false
}

// A step reads the result of an earlier one by its name.
func ExampleResult() {
	type Trip struct{ City string }
	type Room struct{ Number int }
	book := func(context.Context, saga.Call[Trip]) (Room, error) { return Room{Number: 12}, nil }
	free := func(context.Context, saga.Call[Trip], *Room) error { return nil }
	mail := func(_ context.Context, call saga.Call[Trip]) (string, error) {
		room, err := saga.Result[Room](call, "book")
		fmt.Printf("room %d in %s\n", room.Number, call.Data.City)
		return "sent", err
	}
	orchestrator, err := saga.New(saga.Config{Store: memory.New(), Definitions: []saga.AnyDefinition{
		saga.Definition[Trip]{Name: "Trip", Version: 1, Steps: []saga.Step[Trip]{
			saga.Compensable("book", book, free, saga.StepOptions{}),
			saga.Retriable("mail", mail, saga.StepOptions{}),
		}},
	}})
	if err != nil {
		panic(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- orchestrator.Run(ctx) }()
	if _, err := orchestrator.Start(ctx, "Trip", "1", Trip{City: "Bergen"}); err != nil {
		panic(err)
	}
	end, err := orchestrator.Wait(ctx, "Trip", "1")
	fmt.Println(end.State, err)
	stop()
	if err := <-ended; err != nil {
		panic(err)
	}
	// Output:
	// room 12 in Bergen
	// completed <nil>
}
