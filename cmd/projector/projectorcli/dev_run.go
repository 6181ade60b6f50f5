package projectorcli

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/skaldgo/skald/projection"
)

const (
	figuresInterval = time.Second
	// lookInterval is how often something is looked for that nothing announces: that the orchestrator has begun, and
	// that all sagas of --count have come to rest.
	lookInterval = 20 * time.Millisecond
	// catchUpPatience limits how long a stop waits for the read models to reach the end of the log.
	catchUpPatience = 10 * time.Second
)

// run begins with the orchestrator, because it holds the lock that keeps a second dev away; then come the read models,
// then new sagas. It stops in the reverse order, so that the read models end up with all that has happened.
func (d *devRun) run(ctx context.Context) error {
	orchestrating := d.begin(ctx, d.orchestrator.Run)
	found, err := d.awaitOrchestrator(ctx, orchestrating)
	if err != nil {
		return orchestrating.end() // err, unless it is an interrupt that came before the orchestrator was seen to run
	}
	projecting := d.begin(ctx, d.project)
	d.printBanner(found)
	feeding := d.begin(ctx, d.feed)
	err = d.watch(ctx, feeding, orchestrating, projecting)
	if ctx.Err() != nil {
		d.note("stopping: running attempts get %s to end; Ctrl-C again ends the process at once", shutdownGrace)
	}
	if err := errors.Join(err, feeding.end(), orchestrating.end(), projecting.end()); err != nil {
		return err
	}
	return d.finishFigures(ctx)
}

// part is something that runs until it is told to end.
type part struct {
	stop context.CancelFunc
	done chan struct{}
	err  error // set before done is closed
}

// begin starts a part that outlives ctx until its end is called, so that parts end in the order in which they must.
func (d *devRun) begin(ctx context.Context, run func(context.Context) error) *part {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	p := &part{stop: stop, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		p.err = run(ctx)
	}()
	return p
}

// end tells the part to end, waits for it, and returns its error.
func (p *part) end() error {
	p.stop()
	<-p.done
	return p.err
}

// awaitOrchestrator returns how many open sagas the orchestrator goes on with, as soon as it does.
func (d *devRun) awaitOrchestrator(ctx context.Context, orchestrating *part) (found int, err error) {
	look := time.NewTicker(lookInterval)
	defer look.Stop()
	for {
		if status := d.orchestrator.Status(ctx); status.Running {
			return status.InHand + status.Elsewhere + status.Completed + status.Failed, nil
		}
		select {
		case <-look.C:
		case <-orchestrating.done:
			return 0, orchestrating.err
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// project runs all projections until ctx ends or one of them fails.
func (d *devRun) project(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make([]error, len(d.projectors))
	var all sync.WaitGroup
	for i, p := range d.projectors {
		all.Go(func() {
			defer cancel()
			errs[i] = p.Run(ctx)
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// watch prints figures until it is time to stop: by ctx, by --for, by --count, or because a part has ended. Its error is
// one of printing; those of the parts come from their end.
func (d *devRun) watch(ctx context.Context, feeding, orchestrating, projecting *part) error {
	if d.options.length > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, d.options.length)
		defer cancel()
	}
	second, look := time.NewTicker(figuresInterval), time.NewTicker(lookInterval)
	defer second.Stop()
	defer look.Stop()
	var rested <-chan time.Time // looks for the end of --count
	fed, meter := feeding.done, newMeter()
	for {
		select {
		case <-second.C:
			// Figures that an interrupt cuts off are no error: the last ones are still to come.
			if err := d.printFigures(ctx, d.eventsPerSecond(ctx, meter)); err != nil && ctx.Err() == nil {
				return err
			}
		case <-fed:
			if feeding.err != nil {
				return nil
			}
			fed, rested = nil, look.C
		case <-rested:
			if d.atRest(ctx) {
				return nil
			}
		case <-orchestrating.done:
			return nil
		case <-projecting.done:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

// atRest reports whether every saga has ended, or waits for a person.
func (d *devRun) atRest(ctx context.Context) bool {
	status := d.orchestrator.Status(ctx)
	return status.Running && status.InHand == status.Parked+status.Paused
}

// finishFigures brings the read models to the end of the log and prints the last figures.
func (d *devRun) finishFigures(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), catchUpPatience)
	defer cancel()
	for _, p := range d.projectors {
		if err := p.CatchUp(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, projection.ErrSuperseded) {
			return err
		}
	}
	return d.printFigures(ctx, 0)
}

// meter turns a growing count into a rate.
type meter struct {
	at    time.Time
	count int
}

func newMeter() *meter { return &meter{at: time.Now()} }

func (m *meter) rate(count int) float64 {
	now := time.Now()
	elapsed := now.Sub(m.at).Seconds()
	grown := count - m.count
	m.at, m.count = now, count
	if elapsed <= 0 || grown < 0 {
		return 0
	}
	return float64(grown) / elapsed
}

func (d *devRun) printBanner(found int) {
	orders := "made up"
	if n := len(d.source.from); n > 0 {
		orders = fmt.Sprintf("%s of %s, again and again", plural(n, "order", "orders"), d.options.orders)
	}
	starting := fmt.Sprintf("%s, %s", d.options.rate.text, orders)
	if d.options.rate.every == 0 {
		starting = "none"
	}
	onData := ""
	if d.data != defaultData {
		onData = " --data " + d.data
	}
	if d.app.store != "" {
		onData += " --store URL"
	}
	log, data := d.logName(), d.data+" (readmodel.db, services.db)"
	if d.options.services != "" {
		data = d.data + " (readmodel.db), books in " + d.options.services
	}
	if d.options.leaseTTL > 0 {
		log += fmt.Sprintf(", shared by every dev that has --lease-ttl %s", d.options.leaseTTL)
	}
	lines := []string{
		"projector dev: order sagas with everything in one process; not for production",
		"├─ log     " + log,
		"├─ data    " + data,
		"├─ starts  " + starting,
		fmt.Sprintf("├─ faults  %g%% of all attempts go wrong", d.options.failRate*100),
		"├─ open    " + plural(found, "saga was found open and goes on", "sagas were found open and go on"),
		"└─ try     projector sagas list --status compensating" + onData,
		"           projector sagas show ID" + onData,
		"           projector parked list" + onData,
		"Ctrl-C stops in good order; started again it goes on with every open saga.",
	}
	for _, line := range lines {
		d.note("%s", line)
	}
}
