package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/internal/groupcommit"
)

// Open opens the log, and makes its schema or brings it up to date unless the config says otherwise; several processes may
// do so at once. It gives ErrUnavailable when the server cannot be reached, ErrDenied when it does not let us in, and
// ErrNotALog or ErrNewerSchema for a schema that does not fit. The context is for Open only.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	cfg = cfg.withDefaults()
	s, err := open(ctx, cfg)
	if err != nil {
		return nil, translate("open log in schema "+cfg.Schema, ended(ctx, err))
	}
	return s, nil
}

func open(ctx context.Context, cfg Config) (_ *Store, err error) {
	sessions, err := newSessions(cfg)
	if err != nil {
		return nil, err
	}
	if err := prepareSchema(ctx, sessions, cfg); err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, sessions.config.Copy())
	if err != nil {
		return nil, err
	}
	s := &Store{
		cfg: cfg, sessions: sessions, pool: pool, queue: groupcommit.New(), closing: make(chan struct{}),
	}
	if err := pool.QueryRow(ctx, sqlLogID).Scan(&s.logID); err != nil {
		pool.Close()
		return nil, err
	}
	if !cfg.ReadOnly {
		s.writer = newWriter(s)
		// The store outlives the context of Open.
		waiting, giveUp := context.WithCancel(context.WithoutCancel(ctx))
		s.giveUp = giveUp
		go s.writer.run(waiting)
	}
	return s, nil
}

func prepareSchema(ctx context.Context, sessions *sessions, cfg Config) error {
	if !cfg.ReadOnly && !cfg.NoMigration {
		return migrate(ctx, sessions, cfg.Schema)
	}
	version, err := migrated(ctx, sessions)
	switch {
	case err != nil:
		return err
	case version > newest():
		return fmt.Errorf("it has version %d, this program knows %d: %w", version, newest(), ErrNewerSchema)
	case version < newest() && !cfg.ReadOnly:
		return fmt.Errorf("it has version %d and needs %d; migrate it, for instance by: projector store migrate: %w",
			version, newest(), ErrNotALog)
	case version == 0:
		return fmt.Errorf("it holds no log: %w", ErrNotALog)
	}
	return nil
}

// Close implements eventstore.Store. It waits for the transaction that is being written; appends that the writer has not
// taken get ErrClosed, and nothing of them is stored. It may be called from the body of a loop over any of the store's
// iterators. Locks that were taken through the store stay until they are closed themselves.
func (s *Store) Close() error {
	s.closeOnce.Do(func() {
		close(s.closing)
		if s.writer != nil {
			s.queue.Close(fmt.Errorf("append: %w", eventstore.ErrClosed))
			s.giveUp()
			<-s.writer.done
		}
		s.bell.Ring()
		s.bell.Quiet()
		s.pool.Close()
	})
	return nil
}
