package projectorcli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/skaldgo/skald/projection/sagaview"
	"github.com/skaldgo/skald/saga"
)

// figures are one line of dev.
type figures struct {
	At              time.Time `json:"at"`
	Started         int       `json:"started"`
	Pending         int       `json:"pending"`
	Compensating    int       `json:"compensating"`
	Completed       int       `json:"completed"`
	Failed          int       `json:"failed"`
	Parked          int       `json:"parked"`
	Stuck           int       `json:"stuck"`
	EventsPerSecond float64   `json:"events_per_second"`
	LagSeconds      float64   `json:"lag_seconds"`

	lag time.Duration
}

// readFigures takes the counts from the read model, and the lag of the projection that lags most.
func (d *devRun) readFigures(ctx context.Context, perSecond float64) (figures, error) {
	f := figures{At: time.Now().UTC(), EventsPerSecond: perSecond}
	totals, err := sagaview.Count(ctx, d.db.Read)
	// In the first moments there is no read model, or an old one that is being made again.
	if err != nil && !errors.Is(err, sagaview.ErrNoReadModel) && !errors.Is(err, sagaview.ErrOtherVersion) {
		return f, err
	}
	of := totals.ByState
	f.Started, f.Pending, f.Compensating = of[saga.StateStarted], of[saga.StatePending], of[saga.StateCompensating]
	f.Completed, f.Failed, f.Parked, f.Stuck = of[saga.StateCompleted], of[saga.StateFailed], totals.Parked, totals.Stuck
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
