package eventstoretest

import (
	"context"
	"fmt"

	"github.com/skaldgo/skald/eventstore"
)

// neverBeyondTheHead compares each message of a subscription, in the history and live beside a writer, with the head
// that is read after it. The filter chooses the events of type Placed, if not all.
func neverBeyondTheHead(ctx context.Context, f fixture, filter eventstore.Filter) {
	const appends = 50
	f.start(ctx, order, Events(20, "Placed")...)
	f.start(ctx, "noise-1", Events(20, "Noise")...)
	written := f.background(func() error {
		for i := range appends {
			events := append(Events(i%3, "Noise"), Event("Placed", "{}"))
			if _, err := f.store.Append(ctx, "beside-1", eventstore.Any, events...); err != nil {
				return fmt.Errorf("append %d: %w", i, err)
			}
		}
		return nil
	})
	sub := f.subscribe(ctx, start, filter)
	for placed := 0; placed < 20+appends; {
		if m := sub.notBeyondTheHead(ctx); m.Kind == eventstore.KindEvent && m.Event.Type == "Placed" {
			placed++
		}
	}
	if m := sub.notBeyondTheHead(ctx); m.Kind != eventstore.KindCaughtUp {
		f.Fatalf("a message (%s) follows the last event, want %s", m.Kind, eventstore.KindCaughtUp)
	}
	if err := <-written; err != nil {
		f.Fatalf("write: %v", err)
	}
}

func (s *subscription) notBeyondTheHead(ctx context.Context) eventstore.Message {
	s.f.Helper()
	m := s.message()
	if head := s.f.head(ctx); m.Position.After(head) {
		s.f.Fatalf("a message (%s) is at position %s, beyond the head at %s", m.Kind, m.Position, head)
	}
	return m
}
