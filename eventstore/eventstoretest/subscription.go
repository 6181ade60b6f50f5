package eventstoretest

import (
	"context"
	"iter"

	"github.com/skaldgo/skald/eventstore"
)

// subscription pulls the messages of one Subscribe call and checks what holds for every message.
type subscription struct {
	f    fixture
	next func() (eventstore.Message, error, bool)
	last eventstore.Position // of the latest message
}

func (f fixture) subscribe(ctx context.Context, after eventstore.Position, filter eventstore.Filter) *subscription {
	next, stop := iter.Pull2(f.store.Subscribe(ctx, after, filter))
	f.Cleanup(stop)
	return &subscription{f: f, next: next, last: after}
}

// message returns the next message, whatever it is.
func (s *subscription) message() eventstore.Message {
	s.f.Helper()
	m, err, ok := s.next()
	switch {
	case !ok:
		s.f.Fatalf("the subscription ended without an error, at %s", s.last)
	case err != nil:
		s.f.Fatalf("the subscription ended at %s: %v", s.last, err)
	case s.last.After(m.Position):
		s.f.Fatalf("a message (%s) at position %s follows one at %s", m.Kind, m.Position, s.last)
	case m.Kind == eventstore.KindEvent && m.Event.Position != m.Position:
		s.f.Fatalf("the message is at %s, its event at %s", m.Position, m.Event.Position)
	case m.Kind == eventstore.KindEvent && !m.Position.After(s.last):
		s.f.Fatalf("an event at position %s is delivered after position %s was passed", m.Position, s.last)
	}
	s.last = m.Position
	return m
}

// events returns the next n events.
func (s *subscription) events(n int) []eventstore.RecordedEvent {
	s.f.Helper()
	var events []eventstore.RecordedEvent
	for len(events) < n {
		if m := s.message(); m.Kind == eventstore.KindEvent {
			events = append(events, m.Event)
		}
	}
	return events
}

// caughtUp returns the events up to the next CaughtUp that is at or after a position.
func (s *subscription) caughtUp(head eventstore.Position) []eventstore.RecordedEvent {
	s.f.Helper()
	var events []eventstore.RecordedEvent
	for {
		m := s.message()
		if m.Kind == eventstore.KindEvent {
			events = append(events, m.Event)
		}
		if m.Kind == eventstore.KindCaughtUp && !head.After(m.Position) {
			return events
		}
	}
}
