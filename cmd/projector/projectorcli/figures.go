package projectorcli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/skaldgo/skald/saga"
)

// figures are one line of dev.
type figures struct {
	At              time.Time `json:"at"`
	Started         int64     `json:"started"`
	Pending         int64     `json:"pending"`
	Compensating    int64     `json:"compensating"`
	Completed       int64     `json:"completed"`
	Failed          int64     `json:"failed"`
	Parked          int64     `json:"parked"`
	Stuck           int64     `json:"stuck"`
	EventsPerSecond float64   `json:"events_per_second"`
	LagSeconds      float64   `json:"lag_seconds"`

	lag time.Duration
}

// readFigures takes the counts from the read model, and the lag of the projection that lags most.
func (d *devRun) readFigures(ctx context.Context, perSecond float64) (figures, error) {
	f := figures{At: time.Now().UTC(), EventsPerSecond: perSecond}
	err := withReadModel(ctx, d.db.Read, func(m *readModel) error {
		counts, err := m.counts(ctx)
		of := func(s saga.State) int64 { return counts[s.String()] }
		f.Started, f.Pending, f.Compensating = of(saga.StateStarted), of(saga.StatePending), of(saga.StateCompensating)
		f.Completed, f.Failed = of(saga.StateCompleted), of(saga.StateFailed)
		f.Parked, f.Stuck = counts["parked"], counts["stuck"]
		return err
	})
	if _, notYet := errors.AsType[*failure](err); err != nil && !notYet { // in the first moments there is no read model
		return f, err
	}
	for _, p := range d.projectors {
		status, err := p.Status(ctx)
		if err != nil {
			return f, err
		}
		f.lag = max(f.lag, status.Lag)
	}
	f.LagSeconds = f.lag.Seconds()
	return f, nil
}

func (d *devRun) printFigures(ctx context.Context, perSecond float64) error {
	f, err := d.readFigures(ctx, perSecond)
	if err != nil {
		return err
	}
	if d.output == formatJSONL {
		return d.printJSONL(f)
	}
	_, err = fmt.Fprintf(d.stdout,
		"%s  started %-3d pending %-3d compensating %-3d completed %-6d failed %-5d parked %-3d stuck %-3d events/s %-6.0f lag %s\n",
		f.At.Format(time.TimeOnly), f.Started, f.Pending, f.Compensating, f.Completed, f.Failed, f.Parked, f.Stuck,
		f.EventsPerSecond, roughly(f.lag))
	return err
}

// eventsPerSecond tells how fast the log grows by this orchestrator since the last call.
func (d *devRun) eventsPerSecond(ctx context.Context, m *meter) float64 {
	return m.rate(d.orchestrator.Status(ctx).Appended)
}
