package main

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/projection"
	"github.com/skaldgo/skald/projection/sagaview"
	"github.com/skaldgo/skald/projection/sqlitedb"
)

// withView opens the read model of sagas beside a log.
func withView(ctx context.Context, store eventstore.Store, path string, use func(*projection.Projector) error) (err error) {
	db, err := sqlitedb.Open(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	view, err := sagaview.New(sagaview.Config{})
	if err != nil {
		return err
	}
	projector, err := projection.New(projection.Config{
		Store: store, DB: db.Write, Projection: view, BatchSize: sagaview.BatchSize,
	})
	if err != nil {
		return err
	}
	return use(projector)
}

// runView keeps the read model of sagas up to date until ctx ends.
func runView(ctx context.Context, store eventstore.Store, path string) error {
	return withView(ctx, store, path, func(p *projection.Projector) error {
		err := p.Run(ctx)
		if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
			return nil
		}
		return err
	})
}

// catchUp builds the read model from nothing out of a log that was written with a thousand sagas in flight.
func catchUp(ctx context.Context, dir string) (figure, error) {
	store, err := open(ctx, dir)
	if err != nil {
		return figure{}, err
	}
	defer store.Close()
	const count = 30_000
	if err := fillFinished(ctx, store, count); err != nil {
		return figure{}, err
	}
	var took time.Duration
	err = withView(ctx, store, filepath.Join(dir, "readmodel.db"), func(p *projection.Projector) error {
		began := time.Now()
		defer func() { took = time.Since(began) }()
		return p.CatchUp(ctx)
	})
	return rate(count*eventsPerSaga, took, nil), err
}
