package projection

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"runtime/debug"
	"time"

	"github.com/skaldgo/skald/eventstore"
)

// flush writes the pending batch: rows and checkpoint together. With nothing pending it is a sign of life.
func (s *session) flush(ctx context.Context) error {
	b := &s.pending
	err := s.commit(ctx, b.events, b.position, b.caughtUpAt, nil)
	if isApply(err) {
		err = s.oneByOne(ctx)
	}
	if err != nil && ctx.Err() != nil {
		//nolint:errorlint // wrapped, the error of this context would pass for a clean end of the caller's
		return fmt.Errorf("the last flush did not end within %s: %v", shutdownTimeout, err)
	}
	switch {
	case isDatabase(err): // which says nothing of where
		return fmt.Errorf("write projection %q: %w", s.p.spec.Name, err)
	case err != nil:
		return err
	}
	clear(b.events)
	b.events, b.bytes = b.events[:0], 0
	b.caughtUpAt = time.Time{}
	s.flushedAt = time.Now()
	return nil
}

// oneByOne finds the event that cannot be applied: everything before it is committed, then it stops the projection or
// sets its stream aside.
func (s *session) oneByOne(ctx context.Context) error {
	b := &s.pending
	for i := range b.events {
		e := b.events[i : i+1]
		err := s.commit(ctx, e, e[0].Position, time.Time{}, nil)
		if !isApply(err) {
			if err != nil {
				return err
			}
			continue
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		poison := s.poison(e[0], err)
		if s.p.cfg.OnPoison == StopOnPoison {
			return poison
		}
		s.quarantined[poison.Stream] = true
		if err := s.commit(ctx, nil, e[0].Position, time.Time{}, poison); err != nil {
			return err
		}
		s.p.log.Error("stream set aside", "stream", poison.Stream, "error", poison)
	}
	return s.commit(ctx, nil, b.position, b.caughtUpAt, nil)
}

func (s *session) poison(e eventstore.RecordedEvent, err error) *PoisonError {
	if apply := (*applyError)(nil); errors.As(err, &apply) {
		err = apply.err
	}
	return &PoisonError{
		Projection: s.p.spec.Name, Stream: e.Stream, Revision: e.Revision, Position: e.Position, Type: e.Type, Err: err,
	}
}

// commit moves the checkpoint and applies the events of streams that are not set aside, in one transaction.
func (s *session) commit(ctx context.Context, events []eventstore.RecordedEvent, position eventstore.Position,
	caughtUpAt time.Time, poison *PoisonError,
) error {
	events, skipped := s.split(events)
	err := s.p.inTx(ctx, func(tx *sql.Tx) error {
		// First, because it takes the row: a projector that was superseded does no work.
		if err := s.advance(ctx, tx, position, len(events), caughtUpAt); err != nil {
			return err
		}
		if err := s.recordQuarantine(ctx, tx, poison, skipped); err != nil {
			return err
		}
		if err := s.apply(ctx, tx, events); err != nil {
			return err
		}
		return s.keepLease(ctx, tx) // last, because the rest may have taken long
	})
	if err != nil {
		return err
	}
	s.position = position
	s.applied += int64(len(events))
	if caughtUpAt.After(s.caughtUpAt) {
		s.caughtUpAt = caughtUpAt
	}
	return nil
}

func (s *session) advance(ctx context.Context, tx *sql.Tx, position eventstore.Position, applied int,
	caughtUpAt time.Time,
) error {
	now := s.p.clock()
	res, err := tx.ExecContext(ctx, `UPDATE projection_checkpoint SET position = $1, events_applied = events_applied + $2,
		state = $3, caught_up_at = CASE WHEN $4 > caught_up_at THEN $4 ELSE caught_up_at END, updated_at = $5,
		last_error = '' WHERE projection = $6 AND slot = $7 AND token = $8 AND generation = $9`,
		position.String(), applied, string(s.state(now, caughtUpAt)), millis(caughtUpAt), millis(now),
		s.p.spec.Name, s.slot, s.token, s.generation)
	if err != nil {
		return fmt.Errorf("move the checkpoint: %w", err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return fmt.Errorf("move the checkpoint: %w", err)
	}
	if n == 0 {
		return s.lost(ctx, tx)
	}
	return nil
}

// state is live while it has been caught up lately: under load the head is passed between two flushes.
func (s *session) state(now, caughtUpAt time.Time) State {
	switch {
	case s.slot == slotRebuild:
		return StateRebuilding
	case !caughtUpAt.IsZero(), !s.caughtUpAt.IsZero() && now.Sub(s.caughtUpAt) <= 5*s.p.cfg.Heartbeat:
		return StateLive
	}
	return StateCatchingUp
}

// lost tells why the checkpoint row is no longer this session's.
func (s *session) lost(ctx context.Context, q Querier) error {
	live, rebuild, err := readCheckpoints(ctx, q, s.p.spec.Name)
	if err != nil {
		return err
	}
	mine := live
	if s.slot == slotRebuild {
		mine = rebuild
	}
	if mine != nil && mine.token == s.token {
		return errMoved
	}
	return s.p.superseded(mine)
}

// apply calls the projection; its error or panic comes back as an applyError.
func (s *session) apply(ctx context.Context, tx *sql.Tx, events []eventstore.RecordedEvent) (err error) {
	if len(events) == 0 {
		return nil
	}
	defer func() {
		if r := recover(); r != nil {
			err = &applyError{fmt.Errorf("panic: %v\n%s", r, debug.Stack())}
		}
	}()
	if err := s.p.cfg.Projection.Apply(ctx, newTx(tx, s.names), events); err != nil {
		if isDatabase(err) {
			return fmt.Errorf("apply events: %w", err)
		}
		return &applyError{err}
	}
	return nil
}

// isDatabase recognises an error for which no event is to blame: a full disk or a failing one would set any stream
// aside. The numbers are SQLite's primary result codes, the letters are classes of PostgreSQL's: connections, resources,
// the server being stopped, its system.
func isDatabase(err error) bool {
	var network *net.OpError
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, sql.ErrTxDone) ||
		errors.As(err, &network) {
		return true
	}
	var state interface{ SQLState() string }
	if errors.As(err, &state) {
		class := state.SQLState()[:min(2, len(state.SQLState()))]
		return class == "08" || class == "53" || class == "57" || class == "58"
	}
	var coded interface{ Code() int }
	if !errors.As(err, &coded) {
		return false
	}
	const busy, locked, noMemory, readOnly, interrupted, ioError, corrupt, full, cannotOpen, notADatabase = 5, 6, 7, 8, 9, 10,
		11, 13, 14, 26
	switch coded.Code() & 0xff {
	case busy, locked, noMemory, readOnly, interrupted, ioError, corrupt, full, cannotOpen, notADatabase:
		return true
	}
	return false
}

func isApply(err error) bool {
	var apply *applyError
	return errors.As(err, &apply)
}
