package projection

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/skaldgo/skald/eventstore"
)

const (
	// shutdownTimeout limits the last flush after the context of a call has ended.
	shutdownTimeout = 5 * time.Second
	// abandonedAfter is how long a sign of life lasts: a live projector gives one each Heartbeat.
	abandonedAfter = 10 * time.Second
)

// Run applies the log from the checkpoint on and follows it until ctx ends; then it flushes what it has read and returns
// nil. It creates the tables when there are none, and removes what a rebuild that died has left.
//
// While another projector is live, here or in another process, it stands by and writes to no table of the projection. When that one ends, dies,
// or does not renew its lease for 2 s because it was stopped or has lost the database, one of those that stand by takes
// the read model over. A projector whose read model was taken over notices before it writes anything, and stands by.
//
// It returns earlier with ErrPoison or ErrRebuildNeeded, or with an error of the database or the log; what was committed
// stands, and another Run goes on from there. A database that is out of reach does not end it while it stands by. It
// returns after everything that it started has ended.
func (p *Projector) Run(ctx context.Context) error {
	err := p.live(ctx, &call{p: p}, (*session).subscription)
	if errors.Is(err, errEnded) {
		return nil
	}
	return err
}

// CatchUp applies the log from the checkpoint to the head as of the call, and returns nil. While another projector is live
// it stands by as Run does, and returns as well when that one has reached this head. When ctx ends before, it returns
// ctx.Err(). It is Run otherwise.
func (p *Projector) CatchUp(ctx context.Context) error {
	log, err := p.readLog(ctx)
	if err != nil {
		return fmt.Errorf("catch up projection %q: %w", p.spec.Name, err)
	}
	err = p.live(ctx, &call{p: p, goal: &log.head}, (*session).toHead)
	switch {
	case errors.Is(err, errReached):
		return nil
	case errors.Is(err, errEnded):
		return ctx.Err()
	}
	return err
}

// source is where a session's messages come from.
type source func(*session, context.Context) iter.Seq2[message, error]

// live drives the live tables through sessions: each ends where the tables change under it, or another projector takes
// them over. The result is errEnded when it ended because ctx did and everything that was read has been written.
func (p *Projector) live(ctx context.Context, c *call, from source) error {
	c.id, c.takeOver = p.newToken(), p.cfg.TakeOver
	defer c.leave(ctx)
	var s *session // nil while there is nothing to give back
	for {
		next, err := p.open(ctx, c)
		if err != nil {
			return s.finish(ctx, ended(ctx, err))
		}
		s = next
		switch err = s.follow(ctx, from); {
		case errors.Is(err, errMoved):
			p.log.Info("the read model was changed by a rebuild or a redrive, going on with it")
		case errors.Is(err, ErrSuperseded):
			p.log.Warn("the read model was taken over", "error", err, "position", s.position.String())
			s = nil
		default:
			return s.finish(ctx, err)
		}
	}
}

// open returns a session on the live tables as soon as there may be one, and rebuilds them before where it may.
func (p *Projector) open(ctx context.Context, c *call) (*session, error) {
	for stood := false; ; stood = true {
		s, err := p.openLive(ctx, c)
		if needed := (*RebuildNeededError)(nil); errors.As(err, &needed) && p.mayRebuild(needed) {
			p.log.Info("rebuilding by itself", "reason", needed.Error())
			if err = p.rebuild(ctx, c); err == nil || errors.Is(err, ErrSuperseded) {
				continue
			}
		}
		if err == nil {
			return s, nil
		}
		held := (*heldError)(nil)
		switch {
		case errors.As(err, &held):
		case stood && isOutage(err) && ctx.Err() == nil:
			p.log.Warn("a projector that stands by cannot open the read model", "error", err)
			held = &heldError{slot: slotLive, token: c.token} // of nobody: what there is to see then is looked at
		default:
			return nil, err
		}
		if err := c.standBy(ctx, held); err != nil {
			return nil, err
		}
	}
}

// ended replaces what a call returns because ctx has ended.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return errEnded
	}
	return err
}

func (p *Projector) mayRebuild(needed *RebuildNeededError) bool {
	return p.cfg.AutoRebuild && !(errors.Is(needed.Reason, ErrOtherVersion) && newer(needed.Stored, p.spec.Version))
}

// openLive makes this call the writer of the live tables, unless another one is, which gives a heldError.
func (p *Projector) openLive(ctx context.Context, c *call) (*session, error) {
	s := p.newSession(slotLive)
	var held *heldError
	err := p.inTx(ctx, func(tx *sql.Tx) error {
		if err := p.createSchema(ctx, tx); err != nil {
			return err
		}
		live, rebuild, err := readCheckpoints(ctx, tx, p.spec.Name)
		if err != nil {
			return err
		}
		if rebuild != nil && p.clock().Sub(rebuild.updatedAt) > abandonedAfter {
			if err := discard(ctx, tx, p.spec.Name, rebuild); err != nil {
				return err
			}
		}
		log, err := p.readLog(ctx)
		if err != nil {
			return err
		}
		if live == nil {
			err = s.begin(ctx, tx, log.id, 1)
		} else if err = p.fits(live, log); err == nil {
			if held, err = c.heldBy(ctx, tx, live); held == nil && err == nil {
				err = s.resume(ctx, tx, live)
			}
		}
		if err != nil || held != nil {
			return err
		}
		return s.forget(ctx, tx, c.id)
	})
	if err = orHeld(err, held); err != nil {
		return nil, fmt.Errorf("open projection %q: %w", p.spec.Name, err)
	}
	c.token, c.takeOver, c.announced = s.token, false, false
	p.log.Info("projector started", "position", s.position.String(), "holder", p.cfg.Holder)
	return s, nil
}

func (p *Projector) superseded(live *checkpoint) error {
	e := &SupersededError{Projection: p.spec.Name}
	if live != nil {
		e.Holder = live.holder
	}
	return e
}

func (p *Projector) newSession(slot string) *session {
	return &session{
		p: p, slot: slot, names: newRelations(p.spec, p.cfg.Dialect, slot), token: p.newToken(),
		quarantined: map[string]bool{},
		pending:     batch{events: make([]eventstore.RecordedEvent, 0, p.cfg.BatchSize)},
	}
}

func (p *Projector) newToken() string { return p.id + "." + rand.Text() }
