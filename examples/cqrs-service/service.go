package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/sqlite"
	"github.com/skaldgo/skald/projection"
	"github.com/skaldgo/skald/projection/sqlitedb"
	"github.com/skaldgo/skald/saga"
)

// Config is what a Service needs.
type Config struct {
	Dir      string // where the log and the read model are kept
	Payments Payments
	Patience time.Duration // how long a query waits for the read model; 0 means not at all
}

// Service is everything behind the handler: a log, a repository of orders, an orchestrator of sagas, and a read model.
type Service struct {
	cfg          Config
	registry     *eventstore.Registry
	store        *sqlite.Store
	readModel    *sqlitedb.DB
	orders       *Orders
	orchestrator *saga.Orchestrator
	projector    *projection.Projector
}

// Open opens the databases, or makes them. Nothing runs before Run.
func Open(ctx context.Context, cfg Config) (s *Service, err error) {
	s = &Service{cfg: cfg}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if s.registry, err = newRegistry(); err != nil {
		return s, err
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return s, fmt.Errorf("make the data directory: %w", err)
	}
	if s.store, err = sqlite.Open(ctx, sqlite.Config{Path: filepath.Join(cfg.Dir, "events.db")}); err != nil {
		return s, fmt.Errorf("open the log: %w", err)
	}
	if s.readModel, err = sqlitedb.Open(ctx, filepath.Join(cfg.Dir, "readmodel.db")); err != nil {
		return s, fmt.Errorf("open the read model: %w", err)
	}
	if s.orders, err = aggregate.NewRepository(aggregate.Config[*Order]{
		Store: s.store, Registry: s.registry, Category: category, New: func(string) *Order { return &Order{} },
	}); err != nil {
		return s, err
	}
	if s.orchestrator, err = saga.New(saga.Config{
		Store: s.store, Definitions: []saga.AnyDefinition{Fulfilment(s.orders, cfg.Payments)},
	}); err != nil {
		return s, err
	}
	if s.projector, err = projection.New(projection.Config{
		Store: s.store, DB: s.readModel.Write, Projection: orderTable{s.registry},
		TakeOver: true, // there is no other: without it, the start after a kill -9 waits for the dead one to come back
	}); err != nil {
		return s, err
	}
	// So that the table exists, and holds what there was, before the first query.
	return s, s.projector.CatchUp(ctx)
}

// Run does everything that goes on without being asked, until ctx ends: it runs sagas, starts new ones, and keeps the read
// model up to date. It returns nil when all of that has ended, in good order.
func (s *Service) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.orchestrator.Run(ctx) })
	group.Go(func() error { return s.startSagas(ctx) })
	group.Go(func() error { return s.projector.Run(ctx) })
	return group.Wait()
}

// Close closes the databases. Call it after Run has returned and the last request was answered.
func (s *Service) Close() error {
	var errs []error
	if s.readModel != nil {
		errs = append(errs, s.readModel.Close())
	}
	if s.store != nil {
		errs = append(errs, s.store.Close())
	}
	return errors.Join(errs...)
}
