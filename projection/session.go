package projection

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/skaldgo/skald/eventstore"
)

// session is one writer's hold on the tables of one slot. It lives on one goroutine; another one only reads ahead.
type session struct {
	p          *Projector
	slot       string
	names      relations
	token      string
	generation int64

	position    eventstore.Position // of the checkpoint
	applied     int64               // events, by this session
	quarantined map[string]bool     // streams set aside
	pending     batch
	atHead      bool      // the last message said that it is caught up
	caughtUpAt  time.Time // the last time it was
	flushedAt   time.Time
	renewedAt   time.Time // the lease
}

// batch is what has been read since the last flush.
type batch struct {
	events     []eventstore.RecordedEvent
	bytes      int // of the events
	position   eventstore.Position
	caughtUpAt time.Time // zero unless it was caught up
}

// begin creates tables and checkpoint; number tells the indexes from those of other generations.
func (s *session) begin(ctx context.Context, tx *sql.Tx, logID string, number int64) error {
	if err := s.names.create(ctx, tx, number); err != nil {
		return err
	}
	state := StateRebuilding
	views := ""
	if s.slot == slotLive {
		state, views = StateCatchingUp, s.names.viewNames()
		if err := s.names.createViews(ctx, tx); err != nil {
			return err
		}
	}
	s.generation = number
	err := insertCheckpoint(ctx, tx, s.p.spec.Name, checkpoint{
		slot: s.slot, version: s.p.spec.Version, logID: logID, state: state, updatedAt: s.p.clock(),
		holder: s.p.cfg.Holder, token: s.token, generation: number, tables: s.names.tableNames(), views: views,
	})
	if err != nil {
		return err
	}
	return s.keepLease(ctx, tx)
}

// resume takes the live row over, under this session's token from now on.
func (s *session) resume(ctx context.Context, tx *sql.Tx, live *checkpoint) error {
	s.position, s.generation = live.position, live.generation
	s.pending.position = live.position
	if err := s.loadQuarantine(ctx, tx); err != nil {
		return err
	}
	err := exec(ctx, tx, `UPDATE projection_checkpoint SET token = $1, holder = $2, state = $3, updated_at = $4
		WHERE projection = $5 AND slot = $6`,
		s.token, s.p.cfg.Holder, string(StateCatchingUp), millis(s.p.clock()), s.p.spec.Name, s.slot)
	if err != nil {
		return err
	}
	return s.keepLease(ctx, tx)
}

// finish gives the live row back when the work ends with err: it says that nobody writes any more, and why. A row taken
// over by another is left alone. There is nothing to give back when s is nil.
func (s *session) finish(ctx context.Context, err error) error {
	if s == nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	reason := ""
	if err != nil && !errors.Is(err, errEnded) {
		reason = err.Error()
	}
	s.p.log.Info("projector ended", "position", s.position.String(), "applied", s.applied)
	released := s.p.inTx(ctx, func(tx *sql.Tx) error {
		if err := forgetRunner(ctx, tx, s.p.spec.Name, s.token); err != nil {
			return err
		}
		return exec(ctx, tx, `UPDATE projection_checkpoint SET state = $1, holder = '', last_error = $2, updated_at = $3
			WHERE projection = $4 AND slot = $5 AND token = $6`,
			string(StateStopped), reason, millis(s.p.clock()), s.p.spec.Name, s.slot, s.token)
	})
	if released == nil {
		return err
	}
	return errors.Join(err, fmt.Errorf("give projection %q back: %w", s.p.spec.Name, released))
}

// follow applies what the source yields until it ends. Whatever was read when it ends is flushed, also when ctx has
// ended: writing goes on for shutdownTimeout after that.
func (s *session) follow(ctx context.Context, from func(*session, context.Context) iter.Seq2[message, error]) error {
	writing, stop := outlive(ctx, shutdownTimeout)
	defer stop()
	reading, cancel := context.WithCancel(ctx)
	in, room := make(chan message, s.p.cfg.BatchSize), make(chan struct{}, readAheadUnits)
	messages := from(s, reading)
	var readErr error
	go func() {
		defer close(in)
		readErr = readAhead(reading, messages, in, room)
	}()
	defer func() {
		cancel()
		for range in { // until the reader has ended
		}
	}()

	timer := time.NewTimer(s.p.cfg.Heartbeat)
	defer timer.Stop()
	renewal := time.NewTicker(leaseRenewal)
	defer renewal.Stop()
	for {
		var due bool
		select {
		case m, open := <-in:
			if !open {
				if err := s.flush(writing); err != nil {
					return err
				}
				return ended(ctx, readErr)
			}
			for range units(m) {
				<-room
			}
			due = s.take(m, timer)
		case <-timer.C:
			s.stampHead(writing)
			due = true
		case <-renewal.C:
			if err := s.stayAlive(writing); err != nil {
				return err
			}
		}
		if due {
			if err := s.flush(writing); err != nil {
				return err
			}
			timer.Reset(s.p.cfg.Heartbeat)
		}
	}
}

// Large events are few in memory: a batch is full at maxBatchBytes, and as much is read ahead of it at most, in units of
// which a small event takes none.
const (
	maxBatchBytes  = 8 << 20
	readAheadUnit  = 4 << 10
	readAheadUnits = maxBatchBytes / readAheadUnit
)

func units(m message) int { return min(size(m)/readAheadUnit, readAheadUnits) }

func size(m message) int { return len(m.Event.Data) + len(m.Event.Metadata) }

// readAhead lets the log be read while a batch is applied, by as much as the channels hold.
func readAhead(ctx context.Context, messages iter.Seq2[message, error], in chan<- message, room chan<- struct{}) error {
	for m, err := range messages {
		if err != nil {
			return err
		}
		for range units(m) {
			select {
			case room <- struct{}{}:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		select {
		case in <- m:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// take adds a message to the batch and reports whether it is time to flush; when it will be soon, it sets the timer.
func (s *session) take(m message, timer *time.Timer) (due bool) {
	b := &s.pending
	s.atHead = m.Kind == eventstore.KindCaughtUp
	if s.atHead {
		b.caughtUpAt = m.at
	}
	if fresh := m.Position.After(b.position); fresh {
		b.position = m.Position
		if m.Kind == eventstore.KindEvent {
			b.events = append(b.events, m.Event)
			b.bytes += size(m)
		}
		if len(b.events) == 1 && m.Kind == eventstore.KindEvent {
			timer.Reset(s.p.cfg.FlushInterval)
		}
	}
	if len(b.events) >= s.p.cfg.BatchSize || b.bytes >= maxBatchBytes {
		return true
	}
	if !s.atHead {
		return false
	}
	// The first time at the head is written at once, so that everyone sees that the projection is live. With events at
	// hand there is a pace; without, the heartbeat is enough.
	rest := s.p.cfg.FlushInterval - time.Since(s.flushedAt)
	if s.caughtUpAt.IsZero() || len(b.events) > 0 && rest <= 0 {
		return true
	}
	if len(b.events) > 0 {
		timer.Reset(rest)
	}
	return false
}

// stampHead finds out whether the projection is still caught up. A quiet subscription is no proof: its store may be
// out of reach.
func (s *session) stampHead(ctx context.Context) {
	if !s.atHead || len(s.pending.events) > 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, max(s.p.cfg.Heartbeat, time.Second))
	defer cancel()
	now := s.p.clock()
	_, behind, err := s.p.next(ctx, s.pending.position)
	switch {
	case err != nil && ctx.Err() == nil:
		s.p.log.Warn("cannot tell whether the projection is caught up", "error", err)
	case err == nil && !behind:
		s.pending.caughtUpAt = now
	}
}

// outlive returns a context that ends d after ctx does.
func outlive(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			cancel()
		case <-longer.Done():
		}
	})
	return longer, func() {
		cancel()
		stop()
	}
}
