package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/sqlite"
	"github.com/skaldgo/skald/examples/order-fulfillment/order"
	"github.com/skaldgo/skald/saga"
)

const (
	// inFlight is how many sagas are started and waited for at once.
	inFlight = 1000
	// hangLimit is how long an attempt without an answer lasts with --fail-rate.
	hangLimit = time.Second
)

// fulfilled is what became of all orders, and what the books say to it.
type fulfilled struct {
	results []result
	books   order.Report
}

// result is what became of one order. refused is set when there was no saga for it.
type result struct {
	order   string
	ending  saga.Ending
	history history
	refused error
}

// fulfil runs one saga for each order to its end, and then whatever an earlier run left open.
func fulfil(ctx context.Context, o options, orders []order.Order) (done fulfilled, err error) {
	if err := os.MkdirAll(o.data, 0o700); err != nil {
		return done, fmt.Errorf("make the data directory: %w; name another with --data", err)
	}
	store, err := sqlite.Open(ctx, sqlite.Config{Path: filepath.Join(o.data, "events.db")})
	if err != nil {
		return done, fmt.Errorf("open the log: %w", err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	services, err := order.Open(ctx, order.Config{Path: filepath.Join(o.data, "services.db")})
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, services.Close()) }()

	orchestrator, err := saga.New(saga.Config{
		Store: store, Name: "orders", Workers: o.workers,
		Definitions: []saga.AnyDefinition{order.Definition(order.Faulty(services, o.faults), order.Options{})},
	})
	if err != nil {
		return done, err
	}
	group, running := errgroup.WithContext(ctx)
	running, stop := context.WithCancel(running)
	defer stop()
	group.Go(func() error { return orchestrator.Run(running) })
	group.Go(func() error {
		defer stop()
		var err error
		done.results, err = fulfilAll(running, orchestrator, store, orders)
		return err
	})
	if err := group.Wait(); err != nil {
		return done, err
	}
	done.books, err = services.CheckOutcomes(ctx, done.outcomes())
	return done, err
}

func fulfilAll(ctx context.Context, o *saga.Orchestrator, store eventstore.Store, orders []order.Order) ([]result, error) {
	if err := waitUntil(ctx, o, ready); err != nil {
		return nil, err
	}
	results := make([]result, len(orders))
	group, all := errgroup.WithContext(ctx)
	group.SetLimit(inFlight)
	for i, each := range orders {
		group.Go(func() (err error) {
			results[i], err = fulfilOne(all, o, store, each)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return results, waitUntil(ctx, o, atRest)
}

func fulfilOne(ctx context.Context, o *saga.Orchestrator, store eventstore.Store, each order.Order) (result, error) {
	r := result{order: each.ID}
	_, err := o.Start(ctx, order.Name, each.ID, each)
	if errors.Is(err, saga.ErrStartedDifferently) {
		r.refused = err
		return r, nil
	}
	if err != nil {
		return r, err
	}
	if r.ending, err = o.Wait(ctx, order.Name, each.ID); err != nil {
		return r, err
	}
	r.history, err = readHistory(ctx, store, r.ending.Ref)
	return r, err
}

// ready reports whether the orchestrator has found what an earlier run left open. What is started and waited for after
// that, it tells from memory.
func ready(s saga.Status) bool { return s.Running }

// atRest reports whether nothing is under way any more, sagas of an earlier run included, so that the books can balance.
func atRest(s saga.Status) bool { return s.Running && s.InHand == s.Parked }

// waitUntil waits for a condition of the orchestrator.
func waitUntil(ctx context.Context, o *saga.Orchestrator, condition func(saga.Status) bool) error {
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for !condition(o.Status(ctx)) {
		select {
		case <-look.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// history is what the log says about one saga.
type history struct {
	stepsDone, compensated int
	took                   time.Duration
}

func readHistory(ctx context.Context, store eventstore.Store, ref saga.Ref) (history, error) {
	var h history
	var began time.Time
	for event, err := range store.ReadStream(ctx, ref.Stream(), 0, eventstore.Forwards) {
		if err != nil {
			return h, fmt.Errorf("read the history of %s: %w", ref, err)
		}
		switch event.Type {
		case saga.SagaStarted{}.EventType():
			began = event.RecordedAt
		case saga.StepCompleted{}.EventType():
			h.stepsDone++
		case saga.CompensationCompleted{}.EventType():
			h.compensated++
		}
		h.took = event.RecordedAt.Sub(began)
	}
	return h, nil
}

// outcomes says which orders are fulfilled and which have failed. Those that did not end are in neither way.
func (f fulfilled) outcomes() map[string]bool {
	outcomes := map[string]bool{}
	for _, r := range f.results {
		if r.refused == nil && r.ending.State.Ended() {
			outcomes[r.order] = r.ending.State == saga.StateCompleted
		}
	}
	return outcomes
}

// explain adds what helps to an error that ended the run.
func explain(ctx context.Context, err error, o options) error {
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("interrupted; run it again with --data %s, and it goes on", o.data)
	case errors.Is(err, eventstore.ErrLocked):
		return fmt.Errorf("%w; wait for it to end, or choose another directory with --data", err)
	case errors.Is(err, eventstore.ErrDenied), errors.Is(err, order.ErrNotServices), errors.Is(err, sqlite.ErrNotALog):
		return fmt.Errorf("%w; choose another directory with --data", err)
	}
	return err
}
