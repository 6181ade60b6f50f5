package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/skaldgo/skald/saga"
)

// orderData is about as much as a real order: 250 bytes.
const orderData = `{"order_id":"o-100234","customer":"c-4711","items":[{"sku":"CHAIR-OAK","quantity":2,"price":12900},` +
	`{"sku":"LAMP-BRASS","quantity":1,"price":4550}],"payment":{"method":"card","token":"tok_8f1c"},` +
	`"address":{"name":"A. Larsen","city":"Bergen","country":"NO"}}`

type orderForm struct {
	OrderID  string            `json:"order_id"`
	Customer string            `json:"customer"`
	Items    []item            `json:"items"`
	Payment  map[string]string `json:"payment"`
	Address  map[string]string `json:"address"`
}

type item struct {
	SKU      string `json:"sku"`
	Quantity int    `json:"quantity"`
	Price    int    `json:"price"`
}

type reservation struct {
	Reservation string `json:"reservation"`
}

type stepFunc = func(context.Context, saga.Call[orderForm]) (reservation, error)

func noOp(context.Context, saga.Call[orderForm]) (reservation, error) {
	return reservation{Reservation: "r-4711"}, nil
}

func undo(context.Context, saga.Call[orderForm], *reservation) error { return nil }

func refuse(context.Context, saga.Call[orderForm]) (reservation, error) {
	return reservation{}, saga.Permanent(errors.New("no carrier delivers there"))
}

// definition has four compensable steps; the third is given.
func definition(third stepFunc, options saga.StepOptions) saga.Definition[orderForm] {
	return saga.Definition[orderForm]{Name: sagaName, Version: 1, Steps: []saga.Step[orderForm]{
		saga.Compensable("reserve_inventory", noOp, undo, saga.StepOptions{}),
		saga.Compensable("process_payment", noOp, undo, saga.StepOptions{}),
		saga.Compensable("create_shipment", third, undo, options),
		saga.Compensable("send_confirmation", noOp, undo, saga.StepOptions{}),
	}}
}

// sagaRun is one way to run many sagas.
type sagaRun struct {
	count    int
	inFlight int
	fail     bool // the third step is refused
	view     bool // with the read model of sagas live beside it
}

func sagas(r sagaRun) func(context.Context, string) (figure, error) {
	return func(ctx context.Context, dir string) (figure, error) {
		took, each, err := r.run(ctx, dir)
		return rate(r.count, took, each), err
	}
}

// sagaCPU measures the processor time of everything that the process does, per thousand sagas.
func sagaCPU(ctx context.Context, dir string) (figure, error) {
	r := sagaRun{count: 20_000, inFlight: 1000}
	before := cpuTime()
	_, _, err := r.run(ctx, dir)
	return figure{value: (cpuTime() - before).Seconds() / float64(r.count) * 1000, unit: "s"}, err
}

func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func (r sagaRun) run(ctx context.Context, dir string) (time.Duration, latencies, error) {
	store, err := open(ctx, dir)
	if err != nil {
		return 0, nil, err
	}
	defer store.Close()
	third := noOp
	if r.fail {
		third = refuse
	}
	o, err := saga.New(saga.Config{
		Store: store, Definitions: []saga.AnyDefinition{definition(third, saga.StepOptions{})}, Workers: r.inFlight,
	})
	if err != nil {
		return 0, nil, err
	}
	runCtx, stop := context.WithCancel(ctx)
	defer stop()
	var background sync.WaitGroup
	failures := make(chan error, r.inFlight+2)
	background.Go(func() { failures <- o.Run(runCtx) })
	if r.view {
		background.Go(func() { failures <- runView(runCtx, store, filepath.Join(dir, "readmodel.db")) })
	}
	var watch stopwatch
	began := time.Now()
	r.startAll(ctx, o, &watch, failures)
	took := time.Since(began)
	stop()
	background.Wait()
	close(failures)
	return took, watch.all, errors.Join(collect(failures)...)
}

// startAll starts every saga and waits for its end, so many at a time.
func (r sagaRun) startAll(ctx context.Context, o *saga.Orchestrator, watch *stopwatch, failures chan<- error) {
	want := saga.StateCompleted
	if r.fail {
		want = saga.StateFailed
	}
	numbers := make(chan int)
	var callers sync.WaitGroup
	for range r.inFlight {
		callers.Go(func() {
			for n := range numbers {
				began := time.Now()
				if err := startAndWait(ctx, o, fmt.Sprintf("order-%07d", n), want); err != nil {
					select {
					case failures <- err:
					default: // one is enough
					}
				}
				watch.add(began)
			}
		})
	}
	for n := range r.count {
		numbers <- n
	}
	close(numbers)
	callers.Wait()
}

func startAndWait(ctx context.Context, o *saga.Orchestrator, id string, want saga.State) error {
	if _, err := o.Start(ctx, sagaName, id, orderForm{
		OrderID: id, Customer: "c-4711", Items: []item{{"CHAIR-OAK", 2, 12900}, {"LAMP-BRASS", 1, 4550}},
		Payment: map[string]string{"method": "card", "token": "tok_8f1c"},
		Address: map[string]string{"name": "A. Larsen", "city": "Bergen", "country": "NO"},
	}); err != nil {
		return err
	}
	end, err := o.Wait(ctx, sagaName, id)
	if err == nil && end.State != want {
		err = fmt.Errorf("saga %s is %s", id, end.State)
	}
	return err
}
