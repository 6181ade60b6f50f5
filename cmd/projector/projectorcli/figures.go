package projectorcli

import (
	"context"
	"fmt"
	"time"
)

func (d *devRun) printFigures(ctx context.Context, m *meter) {
	s := d.orchestrator.Status(context.WithoutCancel(ctx))
	fmt.Fprintf(d.stdout, "%s  open %d  parked %d  completed %d  failed %d  events/s %.0f\n",
		time.Now().UTC().Format(time.TimeOnly), s.InHand, s.Parked, s.Completed, s.Failed, m.rate(s.Appended))
}
