package projection

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/skaldgo/skald/eventstore"
)

// Quarantined is a stream that was set aside, by the first of its events that could not be applied.
type Quarantined struct {
	Stream   string
	Revision int64
	Position eventstore.Position
	Type     string
	Error    string
	// Skipped counts the later events of the stream that were not applied either.
	Skipped int64
	Since   time.Time
}

// ReadQuarantine lists the streams that a projection has set aside, in the order of their names. It only reads.
func ReadQuarantine(ctx context.Context, q Querier, projection string) ([]Quarantined, error) {
	list, err := readQuarantine(ctx, q, projection, slotLive)
	if isNoTable(err) {
		return nil, nil
	}
	return list, err
}

func readQuarantine(ctx context.Context, q Querier, projection, slot string) ([]Quarantined, error) {
	rows, err := q.QueryContext(ctx, `SELECT stream, revision, position, event_type, error, skipped, since
		FROM projection_quarantine WHERE projection = $1 AND slot = $2 ORDER BY stream`, projection, slot)
	if err != nil {
		return nil, fmt.Errorf("read the quarantine: %w", err)
	}
	defer rows.Close()
	var list []Quarantined
	for rows.Next() {
		var e Quarantined
		var position string
		var since int64
		if err := rows.Scan(&e.Stream, &e.Revision, &position, &e.Type, &e.Error, &e.Skipped, &since); err != nil {
			return nil, fmt.Errorf("read the quarantine: %w", err)
		}
		if err := e.Position.UnmarshalText([]byte(position)); err != nil {
			return nil, fmt.Errorf("read the quarantine: %w", err)
		}
		e.Since = fromMillis(since)
		list = append(list, e)
	}
	return list, rows.Err()
}

func (s *session) loadQuarantine(ctx context.Context, tx *sql.Tx) error {
	list, err := readQuarantine(ctx, tx, s.p.spec.Name, s.slot)
	for _, e := range list {
		s.quarantined[e.Stream] = true
	}
	return err
}

// split takes out the events of streams that were set aside and counts them.
func (s *session) split(events []eventstore.RecordedEvent) (apply []eventstore.RecordedEvent, skipped map[string]int64) {
	aside := func(e eventstore.RecordedEvent) bool { return s.quarantined[e.Stream] }
	if len(s.quarantined) == 0 || !slices.ContainsFunc(events, aside) {
		return events, nil
	}
	skipped = map[string]int64{}
	for _, e := range events {
		if aside(e) {
			skipped[e.Stream]++
		} else {
			apply = append(apply, e)
		}
	}
	return apply, skipped
}

func (s *session) recordQuarantine(ctx context.Context, tx *sql.Tx, poison *PoisonError, skipped map[string]int64) error {
	if poison != nil {
		err := exec(ctx, tx, `INSERT INTO projection_quarantine (projection, slot, stream, revision, position, event_type,
			error, skipped, since) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8)`,
			s.p.spec.Name, s.slot, poison.Stream, poison.Revision, poison.Position.String(), poison.Type,
			poison.Err.Error(), millis(s.p.clock()))
		if err != nil {
			return err
		}
	}
	for stream, n := range skipped {
		err := exec(ctx, tx, `UPDATE projection_quarantine SET skipped = skipped + $1
			WHERE projection = $2 AND slot = $3 AND stream = $4`, n, s.p.spec.Name, s.slot, stream)
		if err != nil {
			return err
		}
	}
	return nil
}

// Redrive applies the events of a stream in quarantine from the one that could not be applied up to the checkpoint, and
// takes the stream out of quarantine, in one transaction; a projector that is live goes on from there. It returns a
// PoisonError, and changes nothing, when an event still cannot be applied, and ErrNotQuarantined for any other stream.
//
// The events come after those of other streams that followed them in the log. A projection whose rows belong to one
// stream each ends as if they had come in time; any other one needs a rebuild instead.
func (p *Projector) Redrive(ctx context.Context, stream string) error {
	s := p.newSession(slotLive)
	err := p.inTx(ctx, func(tx *sql.Tx) error {
		live, log, err := p.readBoth(ctx, tx)
		if err != nil {
			return err
		}
		if live == nil {
			return ErrNotQuarantined
		}
		if err := p.fits(live, log); err != nil {
			return err
		}
		list, err := readQuarantine(ctx, tx, p.spec.Name, slotLive)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(q Quarantined) bool { return q.Stream == stream })
		if i < 0 {
			return ErrNotQuarantined
		}
		n, err := s.applyStream(ctx, tx, list[i], live.position)
		if err != nil {
			return err
		}
		// Another generation makes the live writer, who still skips the stream, drop its batch and look again.
		err = exec(ctx, tx, `UPDATE projection_checkpoint SET generation = generation + 1, events_applied =
			events_applied + $1 WHERE projection = $2 AND slot = $3`, n, p.spec.Name, slotLive)
		if err != nil {
			return err
		}
		return exec(ctx, tx, `DELETE FROM projection_quarantine WHERE projection = $1 AND slot = $2 AND stream = $3`,
			p.spec.Name, slotLive, stream)
	})
	if err != nil {
		return fmt.Errorf("redrive stream %q of projection %q: %w", stream, p.spec.Name, err)
	}
	p.log.Info("stream redriven", "stream", stream)
	return nil
}

// applyStream applies the events one call each, so that the one that fails is known.
func (s *session) applyStream(ctx context.Context, tx *sql.Tx, from Quarantined, upTo eventstore.Position,
) (applied int64, err error) {
	for e, err := range s.p.cfg.Store.ReadStream(ctx, from.Stream, from.Revision, eventstore.Forwards) {
		if err != nil {
			return applied, err
		}
		if e.Position.After(upTo) {
			break
		}
		if !s.p.spec.Filter.Match(e.Stream, e.Type) {
			continue
		}
		if err := s.apply(ctx, tx, []eventstore.RecordedEvent{e}); err != nil {
			return applied, s.poison(e, err)
		}
		applied++
	}
	return applied, nil
}
