package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/skaldgo/skald/eventstore/sqlite"
	"github.com/skaldgo/skald/saga"
)

// waitLong lets the third step fail once and wait for its retry beyond the end of any measurement.
func waitLong() saga.Definition[orderForm] {
	return definition(func(context.Context, saga.Call[orderForm]) (reservation, error) {
		return reservation{}, errors.New("the carrier does not answer")
	}, saga.StepOptions{Retry: saga.RetryPolicy{InitialInterval: 24 * time.Hour, MaximumInterval: 24 * time.Hour}})
}

// startWaiting starts sagas that come to wait on their retry timers, and returns when all of them do.
func startWaiting(ctx context.Context, o *saga.Orchestrator, count int) error {
	numbers := make(chan int)
	failures := make(chan error, 1)
	var callers sync.WaitGroup
	for range 1000 {
		callers.Go(func() {
			for n := range numbers {
				_, err := o.Start(ctx, sagaName, fmt.Sprintf("open-%07d", n), orderForm{OrderID: fmt.Sprint(n)})
				if err != nil {
					select {
					case failures <- err:
					default:
					}
				}
			}
		})
	}
	for n := range count {
		numbers <- n
	}
	close(numbers)
	callers.Wait()
	select {
	case err := <-failures:
		return err
	default:
		return untilAtRest(ctx, o, count)
	}
}

// untilAtRest returns when that many sagas are in hand and none of them runs or waits for a worker.
func untilAtRest(ctx context.Context, o *saga.Orchestrator, count int) error {
	for {
		st := o.Status(ctx)
		if st.Running && st.InHand == count && st.Attempts == 0 && st.Queued == 0 && st.Waiting == count {
			return nil
		}
		if err := pause(ctx, time.Millisecond); err != nil {
			return err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// running runs an orchestrator beside a function.
func running(ctx context.Context, store *sqlite.Store, during func(*saga.Orchestrator) error) error {
	o, err := saga.New(saga.Config{Store: store, Definitions: []saga.AnyDefinition{waitLong()}})
	if err != nil {
		return err
	}
	runCtx, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- o.Run(runCtx) }()
	err = during(o)
	stop()
	return errors.Join(err, <-ended)
}

// memory measures what the heap grows by when 100,000 sagas wait on their retry timers.
func memory(ctx context.Context, dir string) (figure, error) {
	store, err := open(ctx, dir)
	if err != nil {
		return figure{}, err
	}
	defer store.Close()
	before := heap()
	var grown uint64
	err = running(ctx, store, func(o *saga.Orchestrator) error {
		if err := startWaiting(ctx, o, 100_000); err != nil {
			return err
		}
		grown = heap() - before
		return nil
	})
	return figure{value: float64(grown) / 1e6, unit: "MB"}, err
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// restart measures the time from Run to the moment at which every open saga waits on its timer again.
func restart(finished, open int) func(context.Context, string) (figure, error) {
	return func(ctx context.Context, dir string) (figure, error) {
		store, err := openFilled(ctx, dir, finished, open)
		if err != nil {
			return figure{}, err
		}
		defer store.Close()
		began := time.Now()
		var took time.Duration
		err = running(ctx, store, func(o *saga.Orchestrator) error {
			defer func() { took = time.Since(began) }()
			return untilAtRest(ctx, o, open)
		})
		return figure{value: took.Seconds(), unit: "s"}, err
	}
}

// openFilled makes a log of finished and open sagas, lets an orchestrator see it, and opens it afresh.
func openFilled(ctx context.Context, dir string, finished, count int) (*sqlite.Store, error) {
	store, err := open(ctx, dir)
	if err != nil {
		return nil, err
	}
	err = fillFinished(ctx, store, finished)
	if err == nil {
		err = running(ctx, store, func(o *saga.Orchestrator) error { return startWaiting(ctx, o, count) })
	}
	if err := errors.Join(err, store.Close()); err != nil {
		return nil, err
	}
	return open(ctx, dir)
}
