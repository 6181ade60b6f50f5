package projectorcli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/skaldgo/skald/examples/order-fulfillment/order"
	"github.com/skaldgo/skald/projection"
	"github.com/skaldgo/skald/projection/sqlitedb"
	"github.com/skaldgo/skald/saga"
)

const (
	// stepTimeout is short, so that an attempt that hangs is seen to time out.
	stepTimeout = 3 * time.Second
	// shutdownGrace is how long attempts may go on after Ctrl-C.
	shutdownGrace = 2 * time.Second
)

// devRun is everything that one dev has open.
type devRun struct {
	*app
	options      devOptions
	dir          dataDir
	source       *orderSource
	acks         *ackFile
	store        logStore
	db           *sqlitedb.DB
	orchestrator *saga.Orchestrator
	projectors   []*projection.Projector
	closers      []func() error
}

// close closes what was opened, the last first.
func (d *devRun) close() error {
	var problems []error
	for _, closer := range slices.Backward(d.closers) {
		problems = append(problems, closer())
	}
	d.closers = nil
	return errors.Join(problems...)
}

func (a *app) openDev(ctx context.Context, o devOptions, source *orderSource) (_ *devRun, err error) {
	d := &devRun{app: a, options: o, dir: dataDir(a.data), source: source}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.close())
		}
	}()
	if err := d.dir.create(); err != nil {
		return nil, err
	}
	if d.acks, err = openAckFile(o.ackFile); err != nil {
		return nil, err
	}
	d.closers = append(d.closers, d.acks.close)
	log, file, err := a.openLogger(o)
	if err != nil {
		return nil, err
	}
	if file != nil {
		d.closers = append(d.closers, file.Close)
	}
	if d.store, err = a.openLogToRun(ctx); err != nil {
		return nil, err
	}
	d.closers = append(d.closers, d.store.Close)
	services, err := order.Open(ctx, order.Config{Path: o.servicesFile(d.dir)})
	if err != nil {
		return nil, fail(ExitUnreachable, "name another file with --services or directory with --data, or move the file away", "%w", err)
	}
	d.closers = append(d.closers, services.Close)
	if d.db, err = d.dir.openReadModelToWrite(ctx); err != nil {
		return nil, err
	}
	d.closers = append(d.closers, d.db.Close)
	faulty := order.Faulty(services, order.Faults{Rate: o.failRate})
	d.orchestrator, err = saga.New(saga.Config{
		Store: d.store, Workers: o.workers, ShutdownGrace: shutdownGrace, Logger: log, LeaseTTL: o.leaseTTL,
		Definitions: a.definitions(faulty, order.Options{Timeout: stepTimeout}),
	})
	if err != nil {
		return nil, err
	}
	all, err := a.projections()
	if err != nil {
		return nil, err
	}
	for _, p := range all {
		projector, err := newProjector(projection.Config{
			Store: d.store, DB: d.db.Write, Projection: p, AutoRebuild: true, Logger: log,
			// Nobody else is alive whose read models these could be: they begin behind the orchestrator's lock. So a dev that
			// was killed is not waited for.
			TakeOver: d.options.leaseTTL == 0,
		})
		if err != nil {
			return nil, fmt.Errorf("projections of this program: %w", err)
		}
		d.projectors = append(d.projectors, projector)
	}
	return d, nil
}
