package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/sqlite"
	"github.com/skaldgo/skald/saga"
)

// open opens the log of one measurement.
func open(ctx context.Context, dir string) (*sqlite.Store, error) {
	return sqlite.Open(ctx, sqlite.Config{Path: filepath.Join(dir, "events.db")})
}

// account is the aggregate of the append rows: it takes every event.
type account struct{}

func (account) Decide(e saga.Event) ([]saga.Event, error) { return []saga.Event{e}, nil }
func (account) Evolve(saga.Event)                         {}

func accounts(store eventstore.Store) (*aggregate.Repository[account, saga.Event, saga.Event], error) {
	registry, err := saga.NewRegistry()
	if err != nil {
		return nil, err
	}
	return aggregate.NewRepository[account, saga.Event, saga.Event](aggregate.Config[account]{
		Store: store, Registry: registry, Category: "bench", New: func(string) account { return account{} },
	})
}

// pair is what one append stores: the outcome of a step and the start of the next, about 300 bytes each with metadata.
func pair(id string, attempt int) []saga.Event {
	return []saga.Event{
		saga.StepCompleted{
			Step: "reserve_inventory", Attempt: attempt,
			Result: []byte(`{"reservation":"r-4711","items":[{"sku":"A-1","quantity":2},{"sku":"B-7","quantity":1}]}`),
		},
		saga.StepStarted{AttemptStarted: saga.AttemptStarted{
			Step: "process_payment", Attempt: attempt, Key: "OrderFulfillment/" + id + "/process_payment/action",
			Deadline: time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC),
		}},
	}
}

// appends measures appends of two events under an exact expected revision, five to a stream.
func appends(appenders, total int) func(context.Context, string) (figure, error) {
	return func(ctx context.Context, dir string) (figure, error) {
		store, err := open(ctx, dir)
		if err != nil {
			return figure{}, err
		}
		defer store.Close()
		repo, err := accounts(store)
		if err != nil {
			return figure{}, err
		}
		var watch stopwatch
		var left atomic.Int64
		left.Store(int64(total))
		var group sync.WaitGroup
		failures := make(chan error, appenders)
		began := time.Now()
		for a := range appenders {
			group.Go(func() {
				var head aggregate.Head
				for n := 0; left.Add(-1) >= 0; n++ {
					id := fmt.Sprintf("%d-%d", a, n/5)
					if n%5 == 0 {
						head = aggregate.NewHead(repo.Stream(id))
					}
					one := time.Now()
					next, err := repo.Append(ctx, head, pair(id, n%5+1), aggregate.Envelope{
						Actor: "bench", CorrelationID: "OrderFulfillment/" + id, CausationID: id,
					})
					if err != nil {
						failures <- err
						return
					}
					watch.add(one)
					head = next
				}
			})
		}
		group.Wait()
		took := time.Since(began)
		close(failures)
		return rate(total, took, watch.all), errors.Join(collect(failures)...)
	}
}

func collect(failures <-chan error) (all []error) {
	for err := range failures {
		all = append(all, err)
	}
	return all
}

// readAll reads a million events from end to end.
func readAll(ctx context.Context, dir string) (figure, error) {
	store, err := open(ctx, dir)
	if err != nil {
		return figure{}, err
	}
	defer store.Close()
	const events = 1_000_000
	if err := fillFinished(ctx, store, events/eventsPerSaga); err != nil {
		return figure{}, err
	}
	runtime.GC()
	n, began := 0, time.Now()
	for _, err := range store.ReadAll(ctx, eventstore.Position{}, eventstore.Forwards, eventstore.Filter{}) {
		if err != nil {
			return figure{}, err
		}
		n++
	}
	if n != events {
		return figure{}, fmt.Errorf("read %d events of %d", n, events)
	}
	return rate(n, time.Since(began), nil), nil
}

// loadSagas folds finished sagas of ten events, one after the other on one goroutine.
func loadSagas(ctx context.Context, dir string) (figure, error) {
	store, err := open(ctx, dir)
	if err != nil {
		return figure{}, err
	}
	defer store.Close()
	const count = 10_000
	if err := fillFinished(ctx, store, count); err != nil {
		return figure{}, err
	}
	o, err := saga.New(saga.Config{Store: store})
	if err != nil {
		return figure{}, err
	}
	var watch stopwatch
	var took time.Duration
	for warm := range 3 {
		began := time.Now()
		watch.all = watch.all[:0]
		for i := range count {
			one := time.Now()
			inst, err := o.Load(ctx, sagaName, finishedID(i))
			if err != nil {
				return figure{}, err
			}
			if inst.State() != saga.StateCompleted {
				return figure{}, fmt.Errorf("saga %d is %s", i, inst.State())
			}
			watch.add(one)
		}
		if warm > 0 {
			took += time.Since(began)
		}
	}
	return rate(2*count, took, watch.all), nil
}
