package memory

import (
	"context"
	"fmt"
	"iter"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/internal/once"
)

// Subscribe implements eventstore.Store. Each event is delivered exactly once per subscription. A checkpoint comes
// before CaughtUp when the last events before the head did not match.
func (s *Store) Subscribe(ctx context.Context, after eventstore.Position,
	f eventstore.Filter) iter.Seq2[eventstore.Message, error] {
	return once.Seq(func(yield func(eventstore.Message, error) bool) {
		fail := func(err error) {
			yield(eventstore.Message{}, fmt.Errorf("subscribe to the log: %w", err))
		}
		if err := f.Validate(); err != nil {
			fail(err)
			return
		}
		for at := after; ; {
			if err := s.usable(ctx); err != nil {
				fail(err)
				return
			}
			log, grown := s.snapshot()
			next, more, err := s.deliver(ctx, log, at, f, yield)
			if err != nil {
				fail(err)
				return
			}
			if !more || !yield(eventstore.Message{Kind: eventstore.KindCaughtUp, Position: next}, nil) {
				return
			}
			at = next
			select {
			case <-grown:
			case <-s.done:
			case <-ctx.Done():
			}
		}
	})
}

// deliver yields the matching events of log after a position, then a checkpoint when the last one did not match. It
// returns the position that it came to, and whether the loop goes on.
func (s *Store) deliver(ctx context.Context, log []eventstore.RecordedEvent, after eventstore.Position,
	f eventstore.Filter, yield func(eventstore.Message, error) bool) (at eventstore.Position, more bool, err error) {
	at, passed := after, false
	for _, e := range log[indexAfter(log, after):] {
		if err := s.usable(ctx); err != nil {
			return at, false, err
		}
		at, passed = e.Position, true
		if !f.Match(e.Stream, e.Type) {
			continue
		}
		passed = false
		if !yield(eventstore.Message{Kind: eventstore.KindEvent, Position: at, Event: clone(e)}, nil) {
			return at, false, nil
		}
	}
	if passed {
		return at, yield(eventstore.Message{Kind: eventstore.KindCheckpoint, Position: at}, nil), nil
	}
	return at, true, nil
}
