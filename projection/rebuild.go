package projection

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/skaldgo/skald/eventstore"
)

// Rebuild makes the read model again from the first event, in a second set of tables, and swaps it for the old one in
// one transaction once it has reached the old checkpoint and the head as of the call. Readers see the old read model
// until then. A projector that is live, here or in another process, goes on during the rebuild and continues on the new
// tables after it; the checkpoint never goes back, unless the log is another one or ends before it.
//
// Of two rebuilds the later one wins and the earlier one ends with ErrSuperseded. When ctx ends, the result is ctx.Err().
// After any error the old read model is as it was and the second set of tables is removed; when the process dies, the
// next Run, CatchUp or Rebuild removes it. Streams set aside before have their chance again.
func (p *Projector) Rebuild(ctx context.Context) error {
	return p.rebuild(ctx, nil)
}

// rebuild gives a heldError when it was not asked for, but found necessary by a call, and another rebuild runs.
func (p *Projector) rebuild(ctx context.Context, c *call) error {
	s, err := p.openRebuild(ctx, c)
	if err != nil {
		return fmt.Errorf("rebuild projection %q: %w", p.spec.Name, err)
	}
	p.log.Info("rebuild started", "holder", p.cfg.Holder)
	for {
		err = s.follow(ctx, (*session).toHead)
		if err == nil {
			err = s.follow(ctx, (*session).toHead) // what came meanwhile, so that the swap has little left to do
		}
		if err == nil {
			err = s.swap(ctx)
		}
		if !isApply(err) {
			break
		}
		// An event met in the swap could not be applied: catching up once more treats it by the policy.
	}
	if err != nil {
		if errors.Is(err, errEnded) {
			err = ctx.Err()
		}
		return errors.Join(fmt.Errorf("rebuild projection %q: %w", p.spec.Name, err), s.abandon(ctx))
	}
	p.log.Info("rebuild swapped in", "position", s.position.String(), "applied", s.applied)
	return nil
}

func (p *Projector) openRebuild(ctx context.Context, c *call) (*session, error) {
	s := p.newSession(slotRebuild)
	return s, p.inTx(ctx, func(tx *sql.Tx) error {
		if err := p.createSchema(ctx, tx); err != nil {
			return err
		}
		live, rebuild, err := readCheckpoints(ctx, tx, p.spec.Name)
		if err != nil {
			return err
		}
		if rebuild != nil && c != nil {
			if held, err := c.heldBy(ctx, tx, rebuild); held != nil || err != nil {
				return orHeld(err, held)
			}
		}
		if err := discard(ctx, tx, p.spec.Name, rebuild); err != nil {
			return err
		}
		log, err := p.readLog(ctx)
		if err != nil {
			return err
		}
		number := int64(1)
		if live != nil {
			number = live.generation + 1
		}
		return s.begin(ctx, tx, log.id, number)
	})
}

// abandon removes the second set of tables, unless another rebuild has it.
func (s *session) abandon(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	return s.p.inTx(ctx, func(tx *sql.Tx) error {
		_, rebuild, err := readCheckpoints(ctx, tx, s.p.spec.Name)
		if err != nil || rebuild == nil || rebuild.token != s.token {
			return err
		}
		return discard(ctx, tx, s.p.spec.Name, rebuild)
	})
}

// swap puts the rebuilt tables in the place of the live ones.
func (s *session) swap(ctx context.Context) error {
	err := s.p.inTx(ctx, func(tx *sql.Tx) error {
		if err := s.advance(ctx, tx, s.position, 0, s.caughtUpAt); err != nil { // fences
			return err
		}
		live, log, err := s.p.readBoth(ctx, tx)
		if err != nil {
			return err
		}
		if live != nil && live.logID == log.id && !live.position.After(log.head) {
			if err := s.passLive(ctx, tx, live.position); err != nil {
				return err
			}
		}
		if err := s.rename(ctx, tx, live); err != nil {
			return err
		}
		return s.replaceCheckpoint(ctx, tx, live)
	})
	return err
}

// readBoth returns the live row, nil when there is none, and what it is compared with.
func (p *Projector) readBoth(ctx context.Context, tx *sql.Tx) (*checkpoint, logState, error) {
	live, _, err := readCheckpoints(ctx, tx, p.spec.Name)
	if err != nil {
		return nil, logState{}, err
	}
	log, err := p.readLog(ctx)
	return live, log, err
}

// passLive applies what the live projector has applied beyond this session's position. It waits for us, so this is as
// much as came since the last catching up.
func (s *session) passLive(ctx context.Context, tx *sql.Tx, live eventstore.Position) error {
	if !live.After(s.position) {
		return nil
	}
	var events []eventstore.RecordedEvent
	for e, err := range s.p.cfg.Store.ReadAll(ctx, s.position, eventstore.Forwards, s.p.spec.Filter) {
		if err != nil {
			return err
		}
		if e.Position.After(live) {
			break
		}
		events = append(events, e)
	}
	events, skipped := s.split(events)
	if err := s.advance(ctx, tx, live, len(events), s.caughtUpAt); err != nil {
		return err
	}
	if err := s.recordQuarantine(ctx, tx, nil, skipped); err != nil {
		return err
	}
	return s.apply(ctx, tx, events)
}

func (s *session) rename(ctx context.Context, tx *sql.Tx, live *checkpoint) error {
	if live != nil {
		if err := errors.Join(dropAll(ctx, tx, "VIEW", live.views), dropAll(ctx, tx, "TABLE", live.tables)); err != nil {
			return err
		}
	}
	for _, t := range s.p.spec.Tables {
		if err := exec(ctx, tx, "ALTER TABLE "+t.Name+s.names.suffix+" RENAME TO "+t.Name); err != nil {
			return err
		}
	}
	return newRelations(s.p.spec, s.p.cfg.Dialect, slotLive).createViews(ctx, tx)
}

// replaceCheckpoint turns the row of the rebuild into the live one, which keeps its holder and token: whoever is live
// stays live, and learns from the generation that it must look again.
func (s *session) replaceCheckpoint(ctx context.Context, tx *sql.Tx, live *checkpoint) error {
	_, rebuilt, err := readCheckpoints(ctx, tx, s.p.spec.Name)
	if err != nil {
		return err
	}
	names := newRelations(s.p.spec, s.p.cfg.Dialect, slotLive)
	row := *rebuilt
	row.slot, row.tables, row.views = slotLive, names.tableNames(), names.viewNames()
	row.state, row.holder, row.token = StateStopped, "", ""
	if live != nil {
		row.state, row.holder, row.token, row.generation = live.state, live.holder, live.token, live.generation+1
		if live.logID == row.logID && live.caughtUpAt.After(row.caughtUpAt) {
			row.caughtUpAt = live.caughtUpAt
		}
	}
	name := s.p.spec.Name
	err = errors.Join(
		forgetRunner(ctx, tx, name, s.token),
		exec(ctx, tx, `DELETE FROM projection_checkpoint WHERE projection = $1`, name),
		exec(ctx, tx, `DELETE FROM projection_quarantine WHERE projection = $1 AND slot = $2`, name, slotLive),
		exec(ctx, tx, `UPDATE projection_quarantine SET slot = $1 WHERE projection = $2`, slotLive, name))
	if err != nil {
		return err
	}
	return insertCheckpoint(ctx, tx, name, row)
}
