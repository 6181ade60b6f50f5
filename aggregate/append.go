package aggregate

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/skaldgo/skald/eventstore"
)

// Append stores events behind head and returns the new head. It is for callers that keep their aggregates, and their
// heads, in memory; all others use Execute.
//
// It encodes and chains the events, gives each a fresh id, and appends them, all or none, under Exactly(head.Revision),
// or NoStream for a new head. The events are not taken into any aggregate: call Evolve after Append has returned. After
// eventstore.ErrIndeterminate and ErrUnavailable it repeats the identical append, with growing pauses, until the outcome
// is known, ctx ends, or Config.AppendRepeats are used up.
//
// Errors: eventstore.ErrConflict when the stream is not at head: load again, decide again. ErrIndeterminate when the
// outcome is still unknown: the events may be stored. After any other error they are not. A conflict after an unknown
// outcome means that none of them is stored.
func (r *Repository[A, C, E]) Append(ctx context.Context, head Head, events []E, env Envelope) (Head, error) {
	next, _, err := r.append(ctx, head, events, env)
	return next, err
}

// scratch is memory for one append or load, used again for later ones.
type scratch struct {
	text   []byte // data and metadata of all events
	hash   []byte // what is hashed
	events []eventstore.EventData
}

func (r *Repository[A, C, E]) append(ctx context.Context, head Head, events []E, env Envelope) (
	Head, eventstore.Position, error,
) {
	if head.Revision < -1 || (head.Revision == -1) != (head.Hash == [32]byte{}) {
		return head, eventstore.Position{}, fmt.Errorf("append to %q: head at revision %d with hash %x is none: %w",
			head.Stream, head.Revision, head.Hash, eventstore.ErrInvalid)
	}
	s := r.scratch.Get().(*scratch)
	next, err := r.encode(s, head, events, env)
	if err != nil {
		return head, eventstore.Position{}, fmt.Errorf("append to %q: %w", head.Stream, err)
	}
	position, err := r.store(ctx, head, s.events)
	if err != nil {
		// Its memory is left to the collector: while an outcome is unknown, someone may still read it.
		return head, eventstore.Position{}, err
	}
	r.scratch.Put(s)
	return next, position, nil
}

// encode fills s.events with events ready to be stored and returns the head behind them.
func (r *Repository[A, C, E]) encode(s *scratch, head Head, events []E, env Envelope) (Head, error) {
	meta := eventstore.Metadata{
		CorrelationID: env.CorrelationID, CausationID: env.CausationID, Actor: env.Actor,
		TraceParent: env.TraceParent, TraceState: env.TraceState, Fence: env.Fence, At: env.At,
	}
	if meta.At.IsZero() {
		meta.At = r.cfg.Clock()
	}
	if year := meta.At.UTC().Year(); meta.At.IsZero() || year < 0 || year > 9999 {
		return head, fmt.Errorf("the instant of the decision is %s, which RFC 3339 cannot tell: %w", meta.At, eventstore.ErrInvalid)
	}
	s.text, s.events = s.text[:0], s.events[:0]
	for i := range events {
		id, err := r.cfg.NewEventID()
		if err != nil {
			return head, err
		}
		var encoded eventstore.Encoded
		if s.text, encoded, err = r.cfg.Registry.AppendEncode(s.text, events[i]); err != nil {
			return head, err
		}
		meta.Schema = encoded.Schema
		start := len(s.text)
		s.text = meta.AppendJSON(s.text)
		body := s.text[start:]
		head.Revision++
		s.hash = appendHashInput(s.hash[:0], &head.Hash, head.Stream, head.Revision, &id, encoded.Type,
			encoded.Data, body, false)
		head.Hash = sha256.Sum256(s.hash)
		s.text = appendHashMember(s.text, &head.Hash)
		s.events = append(s.events, eventstore.EventData{
			ID: id, Type: encoded.Type, Data: encoded.Data, Metadata: s.text[start:len(s.text):len(s.text)],
		})
	}
	return head, nil
}

// store appends, and repeats the identical call until its outcome is known or it gives up.
func (r *Repository[A, C, E]) store(ctx context.Context, head Head, events []eventstore.EventData) (
	eventstore.Position, error,
) {
	unknown := false // an earlier try may have been stored
	delay := r.cfg.RepeatDelay
	for repeats := 0; ; repeats++ {
		result, err := r.cfg.Store.Append(ctx, head.Stream, head.Expected(), events...)
		if err == nil {
			return result.Position, nil
		}
		if errors.Is(err, eventstore.ErrConflict) {
			return eventstore.Position{}, err
		}
		indeterminate := errors.Is(err, eventstore.ErrIndeterminate)
		unknown = unknown || indeterminate
		limit := r.cfg.AppendRepeats
		if !unknown {
			limit = min(limit, r.cfg.UnavailableRepeats)
		}
		again := repeats < limit && (indeterminate || errors.Is(err, eventstore.ErrUnavailable))
		if again {
			r.cfg.OnRepeat(head.Stream, repeats+1, err)
		}
		if again && pause(ctx, delay) {
			delay = min(2*delay, max(time.Second, r.cfg.RepeatDelay))
			continue
		}
		if ctx.Err() != nil && !errors.Is(err, ctx.Err()) {
			err = fmt.Errorf("%w (%w)", err, ctx.Err())
		}
		if unknown && !indeterminate {
			return eventstore.Position{}, fmt.Errorf("append to %q: %w: %w", head.Stream, eventstore.ErrIndeterminate, err)
		}
		return eventstore.Position{}, fmt.Errorf("append to %q: %w", head.Stream, err)
	}
}

// pause waits and reports whether ctx is still alive.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
