package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/internal/lease"
)

// Lease implements eventstore.Leaser in one transaction over the row of the group, by the clock of the server, so that
// owners on any number of machines agree. It takes a connection of those for reading, and ends within Config.CallTimeout,
// waiting for others included.
func (s *Store) Lease(ctx context.Context, request eventstore.LeaseRequest) (eventstore.LeaseGrant, error) {
	if err := lease.Validate(request); err != nil {
		return eventstore.LeaseGrant{}, err
	}
	if err := s.interrupted(ctx); err != nil {
		return eventstore.LeaseGrant{}, err
	}
	if s.cfg.ReadOnly {
		return eventstore.LeaseGrant{}, fmt.Errorf("lease: the log was opened for reading only: %w", eventstore.ErrDenied)
	}
	limited, cancel := context.WithTimeout(ctx, s.cfg.CallTimeout)
	defer cancel()
	call := leaseCall{request: request}
	var err error
	for range 2 { // a connection that broke while it was idle is replaced once
		if err = s.borrow(limited, call.run); err == nil {
			return call.grant, nil
		}
		if call.committing || known(err) || !broken(err) || limited.Err() != nil {
			break
		}
	}
	if call.committing && !undone(err) {
		return eventstore.LeaseGrant{}, fmt.Errorf("lease: the connection was lost while it was committed: %w: %w",
			eventstore.ErrIndeterminate, ended(ctx, err))
	}
	if closed := s.interrupted(ctx); closed != nil {
		return eventstore.LeaseGrant{}, closed
	}
	return eventstore.LeaseGrant{}, translate("lease: nothing was stored", err)
}

// leaseCall is one request under way.
type leaseCall struct {
	request    eventstore.LeaseRequest
	grant      eventstore.LeaseGrant
	committing bool // what follows may have been stored
}

// run settles the request in a transaction of two round trips. The pool gives up a connection that comes back within one.
func (c *leaseCall) run(ctx context.Context, conn *pgx.Conn) error {
	var stored []byte
	var now time.Time
	var first pgx.Batch
	first.Queue(sqlBegin)
	first.Queue(sqlNewGroup, c.request.Group)
	first.Queue(sqlLockGroup, c.request.Group).QueryRow(func(row pgx.Row) error { return row.Scan(&stored) })
	first.Queue(sqlNow).QueryRow(func(row pgx.Row) error { return row.Scan(&now) })
	if err := conn.SendBatch(ctx, &first).Close(); err != nil {
		return err
	}
	next, grant, err := lease.Answer(stored, now.UTC(), c.request)
	if err != nil {
		return err
	}
	var second pgx.Batch
	second.Queue(sqlSetGroup, c.request.Group, next)
	second.Queue(sqlCommit)
	c.committing = true
	if err := conn.SendBatch(ctx, &second).Close(); err != nil {
		return err
	}
	c.grant = grant
	return nil
}
