package projectorcli

import (
	"context"
	"fmt"
	"time"
)

// figures are one line of dev.
type figures struct {
	At              time.Time `json:"at"`
	Open            int       `json:"open"`
	Parked          int       `json:"parked"`
	Completed       int       `json:"completed"`
	Failed          int       `json:"failed"`
	EventsPerSecond float64   `json:"events_per_second"`
}

func (d *devRun) printFigures(ctx context.Context, m *meter) error {
	s := d.orchestrator.Status(context.WithoutCancel(ctx))
	f := figures{
		At: time.Now().UTC(), Open: s.InHand, Parked: s.Parked, Completed: s.Completed, Failed: s.Failed,
		EventsPerSecond: m.rate(s.Appended),
	}
	if d.output == formatJSONL {
		return d.printJSONL(f)
	}
	_, err := fmt.Fprintf(d.stdout, "%s  open %d  parked %d  completed %d  failed %d  events/s %.0f\n",
		f.At.Format(time.TimeOnly), f.Open, f.Parked, f.Completed, f.Failed, f.EventsPerSecond)
	return err
}
