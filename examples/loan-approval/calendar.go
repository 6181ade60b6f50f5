package main

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

// calendar is a clock on which every night is skipped. It is put forward while no orchestrator runs, because one that runs
// and has nothing to do looks at the clock only once a minute.
type calendar struct{ nights int }

func (c *calendar) now() time.Time { return time.Now().Add(time.Duration(c.nights) * 24 * time.Hour) }

// day runs an orchestrator until nothing more will happen on this day, and returns the saga as it is then. morning is what
// somebody does with the orchestrator first.
func (c *calendar) day(ctx context.Context, store eventstore.Store, lender *Lender, id string,
	morning func(context.Context, *saga.Orchestrator) error,
) (evening *saga.Instance, err error) {
	orchestrator, err := saga.New(saga.Config{
		Store: store, Definitions: []saga.AnyDefinition{Definition(lender)}, Clock: c.now,
	})
	if err != nil {
		return nil, err
	}
	group, running := errgroup.WithContext(ctx)
	running, stop := context.WithCancel(running)
	defer stop()
	group.Go(func() error { return orchestrator.Run(running) })
	group.Go(func() error {
		defer stop()
		if err := morning(running, orchestrator); err != nil {
			return err
		}
		var err error
		evening, err = c.evening(running, orchestrator, id)
		return err
	})
	return evening, group.Wait()
}

// evening waits until the saga has come to rest, or waits for a person beyond this day.
func (c *calendar) evening(ctx context.Context, o *saga.Orchestrator, id string) (*saga.Instance, error) {
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for {
		in, err := o.Load(ctx, Name, id)
		if err != nil {
			return nil, err
		}
		if o.Status(ctx).Running && (atRest(in) || c.waits(in)) {
			return in, nil
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// atRest reports whether the saga has ended or is parked.
func atRest(in *saga.Instance) bool {
	_, parked := in.Parked()
	return parked || in.State().Ended()
}

func (c *calendar) waits(in *saga.Instance) bool {
	for _, step := range in.Steps() {
		if step.Name == StepWait && step.Action.Open && step.Action.Deadline.After(c.now()) {
			return true
		}
	}
	return false
}
