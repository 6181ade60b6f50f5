package projectorcli

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/skaldgo/skald/examples/order-fulfillment/order"
	"github.com/skaldgo/skald/saga"
)

const (
	// maxStarting is how many starts may wait for their acknowledgement at once; the log takes them in groups.
	maxStarting = 512
	// maxBehind is how far behind its rate the feed may fall before it gives up what it has missed.
	maxBehind = time.Second
)

// feed starts sagas at the rate, until there have been as many as wanted or ctx ends.
func (d *devRun) feed(ctx context.Context) error {
	if d.options.rate.every == 0 {
		<-ctx.Done()
		return nil
	}
	starts, ctx := errgroup.WithContext(ctx)
	starts.SetLimit(maxStarting)
	due := time.Now()
	for n := 0; (d.options.count == 0 || n < d.options.count) && d.waitUntil(ctx, due); n++ {
		o := d.source.next()
		starts.Go(func() error { return d.start(ctx, o) })
		if due = due.Add(d.options.rate.every); time.Since(due) > maxBehind {
			due = time.Now()
		}
	}
	return starts.Wait()
}

// waitUntil reports whether the instant has come before ctx has ended.
func (d *devRun) waitUntil(ctx context.Context, due time.Time) bool {
	wait := time.Until(due)
	if wait < time.Millisecond { // a timer is no finer than that
		return ctx.Err() == nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (d *devRun) start(ctx context.Context, o order.Order) error {
	_, err := d.orchestrator.StartWith(ctx, order.Name, o.ID, o, saga.StartOptions{Actor: "projector dev"})
	if err == nil {
		err = d.acks.add(o.ID)
	}
	if ctx.Err() != nil || errors.Is(err, saga.ErrStopping) {
		err = nil // not acknowledged, so nobody counts on it
	}
	return err
}
