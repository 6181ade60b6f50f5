package projection

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"time"

	"github.com/skaldgo/skald/eventstore"
)

// logState is what a checkpoint is compared with.
type logState struct {
	id   string // empty when the store has no ids
	head eventstore.Position
}

func (p *Projector) readLog(ctx context.Context) (logState, error) {
	var s logState
	if identified, ok := p.cfg.Store.(eventstore.Identified); ok {
		id, err := identified.LogID(ctx)
		if err != nil {
			return s, fmt.Errorf("read the id of the log: %w", err)
		}
		s.id = id
	}
	last, _, err := first(p.cfg.Store.ReadAll(ctx, eventstore.Position{}, eventstore.Backwards, eventstore.Filter{}))
	if err != nil {
		return s, fmt.Errorf("read the head of the log: %w", err)
	}
	s.head = last.Position
	return s, nil
}

// next returns the first event that is not yet applied.
func (p *Projector) next(ctx context.Context, after eventstore.Position) (eventstore.RecordedEvent, bool, error) {
	e, found, err := first(p.cfg.Store.ReadAll(ctx, after, eventstore.Forwards, p.spec.Filter))
	if err != nil {
		return e, false, fmt.Errorf("read the log: %w", err)
	}
	return e, found, nil
}

func first(events iter.Seq2[eventstore.RecordedEvent, error]) (eventstore.RecordedEvent, bool, error) {
	for e, err := range events {
		return e, err == nil, err
	}
	return eventstore.RecordedEvent{}, false, nil
}

// fits reports why the read model cannot be gone on with.
func (p *Projector) fits(c *checkpoint, log logState) error {
	e := &RebuildNeededError{Projection: p.spec.Name}
	switch {
	case c.version != p.spec.Version:
		e.Reason, e.Stored, e.Found = ErrOtherVersion, strconv.Itoa(c.version), strconv.Itoa(p.spec.Version)
	case c.logID != log.id:
		e.Reason, e.Stored, e.Found = ErrOtherLog, strconv.Quote(c.logID), strconv.Quote(log.id)
	case c.position.After(log.head):
		e.Reason, e.Stored, e.Found = ErrLogBehind, c.position.String(), log.head.String()
	default:
		return nil
	}
	return e
}

// newer reports whether the stored version is above this program's. A version that is no number is none of ours.
func newer(stored string, version int) bool {
	v, err := strconv.Atoi(stored)
	return err != nil || v > version
}

// message is a subscription's message; at is an instant by which a CaughtUp was true: everything recorded until then has
// been delivered.
type message struct {
	eventstore.Message
	at time.Time
}

func (s *session) subscription(ctx context.Context) iter.Seq2[message, error] {
	messages := s.p.cfg.Store.Subscribe(ctx, s.position, s.p.spec.Filter)
	return func(yield func(message, error) bool) {
		// Since the store was last asked to go on, some time has passed with reading, and much more if this process was
		// stopped meanwhile. What was recorded in that time need not have been read.
		asked := s.p.clock()
		for m, err := range messages {
			out := message{Message: m}
			if m.Kind == eventstore.KindCaughtUp {
				out.at = s.stillAtHead(ctx, m.Position, asked)
			}
			if !yield(out, err) {
				return
			}
			if m.Kind == eventstore.KindCaughtUp {
				asked = s.p.clock()
			}
		}
	}
}

// stillAtHead returns the latest instant of which it is known that everything recorded until then is at or before a
// position. After a wait, or a long way to the head, it looks again.
func (s *session) stillAtHead(ctx context.Context, position eventstore.Position, asked time.Time) time.Time {
	now := s.p.clock()
	if now.Sub(asked) < s.p.cfg.Heartbeat {
		return asked
	}
	if _, behind, err := s.p.next(ctx, position); err != nil || behind {
		return asked // an error comes again, from the subscription or from the next heartbeat
	}
	return now
}

// toHead yields the events up to the head as of now, and that it is caught up there.
func (s *session) toHead(ctx context.Context) iter.Seq2[message, error] {
	after := s.position
	return func(yield func(message, error) bool) {
		at := s.p.clock()
		log, err := s.p.readLog(ctx)
		if err != nil {
			yield(message{}, err)
			return
		}
		head := log.head
		for e, err := range s.p.cfg.Store.ReadAll(ctx, after, eventstore.Forwards, s.p.spec.Filter) {
			m := eventstore.Message{Kind: eventstore.KindEvent, Position: e.Position, Event: e}
			if !yield(message{Message: m}, err) || err != nil {
				return
			}
			if e.Position.After(head) {
				head = e.Position
			}
		}
		yield(message{Message: eventstore.Message{Kind: eventstore.KindCaughtUp, Position: head}, at: at}, nil)
	}
}
