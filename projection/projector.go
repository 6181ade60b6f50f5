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
// nil. It creates the tables when there are none, takes the read model over from a projector that is live elsewhere, and
// removes what a rebuild that died has left.
//
// It returns earlier with ErrSuperseded, ErrPoison or ErrRebuildNeeded, or with an error of the database or the log; what
// was committed stands, and another Run goes on from there. It returns after everything that it started has ended.
func (p *Projector) Run(ctx context.Context) error {
	err := p.live(ctx, (*session).subscription)
	if errors.Is(err, errEnded) {
		return nil
	}
	return err
}

// CatchUp applies the log from the checkpoint to the head as of the call, and returns nil. It is Run otherwise, with one
// difference: when ctx ends before the head was reached, it returns ctx.Err().
func (p *Projector) CatchUp(ctx context.Context) error {
	err := p.live(ctx, (*session).toHead)
	if errors.Is(err, errEnded) {
		return ctx.Err()
	}
	return err
}

// live drives the live tables through sessions: each ends where the tables change under it. The result is errEnded when
// it ended because ctx did and everything that was read has been written.
func (p *Projector) live(ctx context.Context, from func(*session, context.Context) iter.Seq2[message, error]) error {
	var s *session
	for {
		next, err := p.openLive(ctx, s)
		if needed := (*RebuildNeededError)(nil); errors.As(err, &needed) && p.mayRebuild(needed) {
			p.log.Info("rebuilding by itself", "reason", needed.Error())
			if err = p.Rebuild(ctx); err == nil {
				continue
			}
		}
		if err != nil {
			return s.finish(ctx, ended(ctx, err))
		}
		s = next
		err = s.follow(ctx, from)
		if !errors.Is(err, errMoved) {
			return s.finish(ctx, err)
		}
		p.log.Info("the read model was changed by a rebuild or a redrive, going on with it")
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

// openLive makes this call the writer of the live tables, or, when it has been that before, checks that it still is.
func (p *Projector) openLive(ctx context.Context, before *session) (*session, error) {
	s := p.newSession(slotLive)
	err := p.inTx(ctx, func(tx *sql.Tx) error {
		if err := createSchema(ctx, tx); err != nil {
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
		if live == nil && before == nil {
			return s.begin(ctx, tx, log.id, 1)
		}
		if live == nil || before != nil && live.token != before.token {
			return p.superseded(live)
		}
		if err := p.fits(live, log); err != nil {
			return err
		}
		return s.resume(ctx, tx, live)
	})
	if err != nil {
		return nil, fmt.Errorf("open projection %q: %w", p.spec.Name, err)
	}
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
		p: p, slot: slot, names: newRelations(p.spec, p.cfg.Dialect, slot), token: rand.Text(),
		quarantined: map[string]bool{},
		pending:     batch{events: make([]eventstore.RecordedEvent, 0, p.cfg.BatchSize)},
	}
}
