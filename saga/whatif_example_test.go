package saga_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

// Before a definition is changed, the log tells what the change would have made of the sagas so far.
func ExampleWhatIf() {
	type Trip struct{ City string }
	type call = saga.Call[Trip]
	book := func(context.Context, call) (string, error) { return "room 12", nil }
	cancel := func(context.Context, call, *string) error { return nil }
	pay := func(_ context.Context, c call) (string, error) {
		if c.Data.City == "Atlantis" {
			return "", saga.Permanent(errors.New("nobody takes money for that"))
		}
		return "receipt 8", nil
	}
	mail := func(context.Context, call) (string, error) { return "sent", nil }
	trip := func(version int, steps ...saga.Step[Trip]) saga.Definition[Trip] {
		return saga.Definition[Trip]{Name: "Trip", Version: version, Steps: steps}
	}
	booking, payment := saga.Compensable("book", book, cancel, saga.StepOptions{}), saga.Pivot("pay", pay, saga.StepOptions{})
	mailing := saga.Retriable("mail", mail, saga.StepOptions{})

	ctx, stop := context.WithCancel(context.Background())
	store := memory.New()
	orchestrator, err := saga.New(saga.Config{
		Store: store, Definitions: []saga.AnyDefinition{trip(1, booking, payment, mailing)},
	})
	if err != nil {
		panic(err)
	}
	ended := make(chan error)
	go func() { ended <- orchestrator.Run(ctx) }()
	for i, city := range []string{"Bergen", "Atlantis"} {
		id := fmt.Sprint(i + 1)
		if _, err := orchestrator.Start(ctx, "Trip", id, Trip{City: city}); err != nil {
			panic(err)
		}
		if _, err := orchestrator.Wait(ctx, "Trip", id); err != nil {
			panic(err)
		}
	}
	stop()
	fmt.Println(<-ended)

	mailTwice := trip(2, booking, payment, mailing, saga.Retriable("mail_again", mail, saga.StepOptions{}))
	for rehearsal, err := range saga.WhatIf(context.Background(), store, saga.WhatIfFilter{}, mailTwice) {
		fmt.Println(rehearsal, err)
	}
	for rehearsal, err := range saga.WhatIf(context.Background(), store, saga.WhatIfFilter{}, trip(2, payment, mailing)) {
		fmt.Println(rehearsal.Ref, rehearsal.Verdict, rehearsal.Obstacles, err)
	}
	// Output:
	// <nil>
	// Trip/1: would differ; at revision 7, recorded was SagaCompleted, now it would be StepStarted mail_again 1 <nil>
	// Trip/2: same <nil>
	// Trip/1 cannot migrate [book has begun, and is no longer a step] <nil>
	// Trip/2 cannot migrate [book has begun, and is no longer a step] <nil>
}
