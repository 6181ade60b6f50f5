package esdb

import (
	"context"
	"errors"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"github.com/skaldgo/skald/eventstore"
)

// errLeft: the consumer has left the loop.
var errLeft = errors.New("the loop was left")

// errHistoryEnded: the server has read all of the log, so the subscription begins again from here, with the other window.
var errHistoryEnded = errors.New("the history has ended")

// subscription is one loop of a consumer, over as many subscriptions of the library as it takes.
//
// The server tells by checkpoints how far it has looked, which may be at events of its own, or at the place where the
// next event will stand. The consumer is told of neither: a position that it gets is not beyond the last event that it
// could read. So the subscription looks itself for the last such event, and remembers up to where it has looked.
type subscription struct {
	store  *Store
	filter eventstore.Filter
	yield  func(eventstore.Message, error) bool

	passed eventstore.Position // everything up to here was delivered or does not match; not beyond the last readable event
	seen   eventstore.Position // up to here the server has looked
	looked eventstore.Position // the end of the log when it was looked for last, the server's own events included
	known  eventstore.Position // the last readable event up to looked, or one that was delivered since

	caughtUp bool // whether that was said of passed
	live     bool // whether the server has said that it has nothing more, in this subscription of the library
	window   int
	gap      time.Duration
}

// follow delivers until the library's subscription drops, with its error, or the consumer leaves, with errLeft.
func (s *subscription) follow(ctx context.Context) error {
	if err := s.look(ctx); err != nil {
		return err
	}
	// What the server has looked at is not looked at again, but it must be there: a place behind the end is where
	// the next event will stand.
	from := later(s.passed, earlier(s.seen, s.looked))
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	messages := make(chan *esdb.SubscriptionEvent, ahead)
	ended := make(chan error, 1)
	go func() { ended <- s.receive(ctx, from, messages) }()
	s.live = false
	err := s.deliver(ctx, messages, ended)
	cancel()
	if dropped := <-ended; err == nil {
		err = dropped
	}
	return err
}

// deliver yields what comes. Before it waits it says that it has caught up: the server says so once for each time it has
// read up to the end, and not after events that come while it is live. It returns nil when the subscription of the
// library has ended.
func (s *subscription) deliver(ctx context.Context, messages <-chan *esdb.SubscriptionEvent, ended chan error) error {
	for {
		var message *esdb.SubscriptionEvent
		select {
		case message = <-messages:
		default:
			if err := s.catchUp(ctx); err != nil {
				return err
			}
			select {
			case message = <-messages:
			case err := <-ended:
				ended <- err
				return nil // with what is left in the channel: it comes again
			case <-ctx.Done():
				return ctx.Err()
			case <-s.store.closing:
				return s.store.interrupted(ctx)
			}
		}
		if err := s.store.interrupted(ctx); err != nil {
			return err
		}
		if !s.handle(message) {
			return errLeft
		}
		if s.live && s.window == historyWindow && !s.filter.IsZero() {
			return errHistoryEnded
		}
	}
}

// look finds the end of the log, and the last readable event. It reads what has come since it was called last, so that a
// long log of the server's own events is read once. Without a filter every readable event is delivered, and only the end
// is of interest.
func (s *subscription) look(ctx context.Context) error {
	if s.filter.IsZero() {
		head, err := s.store.head(ctx)
		s.looked = later(s.looked, head)
		return err
	}
	visible, head, err := s.store.lastVisible(ctx, later(s.looked, s.passed))
	if err == nil {
		s.known, s.looked = later(s.known, visible), later(s.looked, head)
	}
	return err
}

// catchUp says that everything up to the end has been delivered, unless that was said of this place before.
func (s *subscription) catchUp(ctx context.Context) error {
	if !s.live {
		return nil
	}
	if !s.filter.IsZero() && s.seen.After(s.passed) && s.seen.After(s.known) && s.seen.After(s.looked) {
		if err := s.look(ctx); err != nil {
			return err
		}
	}
	if end := earlier(s.seen, s.known); end.After(s.passed) {
		s.passed, s.caughtUp = end, false
	}
	if s.caughtUp {
		return nil
	}
	s.caughtUp = true
	if !s.yield(eventstore.Message{Kind: eventstore.KindCaughtUp, Position: s.passed}, nil) {
		return errLeft
	}
	return nil
}

func (s *subscription) handle(m *esdb.SubscriptionEvent) bool {
	s.gap = firstGap
	switch {
	case m.CaughtUp != nil:
		s.live = true
	case m.CheckPointReached != nil:
		s.seen = later(s.seen, eventstore.NewPosition(m.CheckPointReached.Commit, m.CheckPointReached.Prepare))
		if !s.live && s.seen.After(s.passed) && !s.seen.After(s.known) {
			s.passed, s.caughtUp = s.seen, false
			return s.yield(eventstore.Message{Kind: eventstore.KindCheckpoint, Position: s.passed}, nil)
		}
	case m.EventAppeared != nil && m.EventAppeared.Event != nil:
		e := recorded(m.EventAppeared.Event)
		if !e.Position.After(s.passed) || !mine(&e) {
			return true // delivered before the subscription was dropped, or the server's own
		}
		s.passed, s.known, s.caughtUp = e.Position, later(s.known, e.Position), false
		if s.filter.Match(e.Stream, e.Type) {
			return s.yield(eventstore.Message{Kind: eventstore.KindEvent, Position: e.Position, Event: e}, nil)
		}
	}
	return true
}

func later(p, q eventstore.Position) eventstore.Position {
	if q.After(p) {
		return q
	}
	return p
}

func earlier(p, q eventstore.Position) eventstore.Position {
	if p.After(q) {
		return q
	}
	return p
}
