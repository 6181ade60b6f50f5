package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/skaldgo/skald/saga"
)

// branches is how wide the wide saga is.
const branches = 1_000

// fanOut measures the time from the start of a saga of so many branches side by side to its end.
func fanOut(ctx context.Context, dir string) (figure, error) {
	store, err := open(ctx, dir)
	if err != nil {
		return figure{}, err
	}
	defer store.Close()
	group := make([]saga.Step[orderForm], branches)
	for i := range group {
		group[i] = saga.Compensable(fmt.Sprintf("reserve_at_warehouse_%04d", i), noOp, undo, saga.StepOptions{})
	}
	o, err := saga.New(saga.Config{Store: store, Workers: branches, Definitions: []saga.AnyDefinition{
		saga.Definition[orderForm]{Name: sagaName, Version: 1, Steps: []saga.Step[orderForm]{saga.Parallel("everywhere", group...)}},
	}})
	if err != nil {
		return figure{}, err
	}
	runCtx, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- o.Run(runCtx) }()
	began := time.Now()
	err = startAndWait(ctx, o, "wide", saga.StateCompleted)
	took := time.Since(began)
	stop()
	return figure{value: took.Seconds(), unit: "s"}, errors.Join(err, <-ended)
}
