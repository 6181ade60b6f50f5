package verify_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"fmt"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/internal/walktest"
	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/verify"
)

// run lets one saga of two steps run to its end on a store.
func run(store eventstore.Store) error {
	o, err := saga.New(saga.Config{Store: store, Definitions: []saga.AnyDefinition{saga.Definition[goods]{
		Name: "Order", Version: 1, Steps: []saga.Step[goods]{
			saga.Compensable("reserve", walktest.Do, walktest.Undo, saga.StepOptions{}),
			saga.Compensable("pay", walktest.Do, walktest.Undo, saga.StepOptions{}),
		},
	}}})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- o.Run(ctx) }()
	if _, err = o.Start(ctx, "Order", "7", goods{Item: "lamp"}); err == nil {
		_, err = o.Wait(ctx, "Order", "7")
	}
	stop()
	if runErr := <-ended; err == nil {
		err = runErr
	}
	return err
}

func ExampleLog() {
	store := memory.New()
	defer store.Close()
	if err := run(store); err != nil {
		fmt.Println(err)
	}
	report, err := verify.Log(context.Background(), store, verify.Config{})
	fmt.Println(report.Sagas, report.Events, report.Ended, report.Broken, err)

	// A second success of the same step cannot be.
	log := stored(nil, store)
	log = append(log, log[2])
	report, _ = verify.Log(context.Background(), log, verify.Config{})
	for _, rule := range rules(report) {
		fmt.Println(rule)
	}
	// Output:
	// 1 6 1 0 <nil>
	// G2
	// S1
	// S2
	// S3
	// S8
}

func ExampleMakeSeal() {
	ctx, store := context.Background(), memory.New()
	defer store.Close()
	if err := run(store); err != nil {
		fmt.Println(err)
	}
	seal, err := verify.MakeSeal(ctx, store, noon)
	if err != nil {
		fmt.Println(err)
		return
	}
	public, private, _ := ed25519.GenerateKey(nil)
	signed, _ := seal.Sign(private)
	var file bytes.Buffer // to be kept where those who can write to the log cannot write
	_, _ = signed.WriteTo(&file)

	kept, _ := verify.ReadSeal(&file)
	fmt.Println(kept.VerifySignature(public))
	report, err := verify.Against(ctx, store, kept)
	fmt.Println(report.Broken, err)

	report, _ = verify.Against(ctx, stored(nil, store)[:5], kept) // the end of the log is missing
	fmt.Println(rules(report))
	// Output:
	// <nil>
	// 0 <nil>
	// [T1 T3 T5]
}
