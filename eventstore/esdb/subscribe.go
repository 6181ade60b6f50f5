package esdb

import (
	"context"
	"errors"
	"iter"
	"math/rand/v2"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"github.com/skaldgo/skald/eventstore"
)

// How long a subscription that was dropped waits until it begins again, at first and at most, each time a random part of
// it less.
const (
	firstGap = 50 * time.Millisecond
	lastGap  = 5 * time.Second
)

// How many events the server passes until it says how far it is: many while it reads history, each one when it is live,
// so that the position of a subscription passes what does not match at once.
const (
	historyWindow = 512
	liveWindow    = 1
)

// ahead is how many messages are received before the consumer asks for them.
const ahead = 256

// Subscribe implements eventstore.Store. When the server, or the way to it, drops the subscription, it goes on by itself
// from the last position that was delivered, for as long as it takes; it ends with an error only when the server denies
// it, the context ends or the store is closed.
func (s *Store) Subscribe(ctx context.Context, after eventstore.Position, f eventstore.Filter,
) iter.Seq2[eventstore.Message, error] {
	return singleUse(func(yield func(eventstore.Message, error) bool) {
		if err := f.Validate(); err != nil {
			yield(eventstore.Message{}, err)
			return
		}
		sub := &subscription{store: s, filter: f, passed: after, gap: firstGap, yield: yield, window: historyWindow}
		for {
			err := sub.follow(ctx)
			if errors.Is(err, errLeft) {
				return
			}
			if errors.Is(err, errHistoryEnded) {
				sub.window = liveWindow
				continue
			}
			sub.window = historyWindow
			if err = sub.pause(ctx, err); err != nil {
				yield(eventstore.Message{}, err)
				return
			}
		}
	})
}

// errLeft: the consumer has left the loop.
var errLeft = errors.New("the loop was left")

// errHistoryEnded: the server has read all of the log, so the subscription begins again from here, with the other window.
var errHistoryEnded = errors.New("the history has ended")

// subscription is one loop of a consumer, over as many subscriptions of the library as it takes.
type subscription struct {
	store  *Store
	filter eventstore.Filter
	yield  func(eventstore.Message, error) bool

	passed   eventstore.Position // everything up to here was delivered or did not match; never beyond the last event
	seen     eventstore.Position // as far as the server has looked, perhaps at events of its own beyond all others
	known    eventstore.Position // the position of some event of the log, the last one when it was looked for
	caughtUp bool                // whether that was said of passed
	live     bool                // whether the server has said that it has nothing more, in this subscription of the library
	window   int
	gap      time.Duration
}

// follow delivers until the library's subscription drops, with its error, or the consumer leaves, with errLeft.
func (s *subscription) follow(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	messages := make(chan *esdb.SubscriptionEvent, ahead)
	ended := make(chan error, 1)
	go func() { ended <- s.receive(ctx, messages) }()
	s.live = false
	var err error
	if s.known, err = s.store.lastAfter(ctx, s.passed); err == nil {
		err = s.deliver(ctx, messages, ended)
	}
	cancel()
	if err == nil {
		err = <-ended
	} else {
		<-ended
	}
	return err
}

// receive hands on what the library receives until it drops the subscription.
func (s *subscription) receive(ctx context.Context, messages chan<- *esdb.SubscriptionEvent) error {
	c, err := s.store.connections.take(ctx)
	if err != nil {
		return err
	}
	pump := func() error { return s.pump(s.store.onLeader(ctx), c.client, messages) }
	return s.store.connections.guard.doThen(ctx, pump, c.release, c.distrust)
}

func (s *subscription) pump(ctx context.Context, client *esdb.Client, messages chan<- *esdb.SubscriptionEvent) error {
	sub, err := client.SubscribeToAll(ctx, s.options())
	if err != nil {
		return err
	}
	defer func() { _ = sub.Close() }()
	for {
		message := sub.Recv()
		if message.SubscriptionDropped != nil {
			return message.SubscriptionDropped.Error
		}
		select {
		case messages <- message:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// options are read while follow runs, which moves passed: follow starts receiving before it delivers anything.
func (s *subscription) options() esdb.SubscribeToAllOptions {
	o := esdb.SubscribeToAllOptions{From: esdb.Start{}, MaxSearchWindow: s.window, CheckpointInterval: 1}
	if from := later(s.passed, s.seen); !from.IsZero() {
		o.From = position(from)
	}
	switch {
	case len(s.filter.StreamPrefixes) > 0:
		o.Filter = &esdb.SubscriptionFilter{Type: esdb.StreamFilterType, Prefixes: s.filter.StreamPrefixes}
	case len(s.filter.TypePrefixes) > 0:
		o.Filter = &esdb.SubscriptionFilter{Type: esdb.EventFilterType, Prefixes: s.filter.TypePrefixes}
	default:
		o.Filter = esdb.ExcludeSystemEventsFilter()
	}
	return o
}

// deliver yields what comes. Before it waits it says that it has caught up: the server says so once for each time it has
// read up to the end, and not after events that come while it is live.
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
		if s.live && s.window == historyWindow {
			return errHistoryEnded
		}
	}
}

// catchUp says that everything up to the end has been delivered, unless that was said of this place before. The server
// may have looked at events of its own beyond: what is said is the place of an event that others can read.
func (s *subscription) catchUp(ctx context.Context) error {
	if !s.live {
		return nil
	}
	if s.seen.After(s.passed) && s.seen.After(s.known) {
		last, err := s.store.lastAfter(ctx, s.passed)
		if err != nil {
			return err
		}
		s.known = later(s.known, last)
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
		if !e.Position.After(s.passed) {
			return true // delivered before the subscription was dropped
		}
		if !mine(&e) {
			return true
		}
		s.passed, s.known, s.caughtUp = e.Position, later(s.known, e.Position), false
		if s.filter.Match(e.Stream, e.Type) {
			return s.yield(eventstore.Message{Kind: eventstore.KindEvent, Position: e.Position, Event: e}, nil)
		}
	}
	return true
}

// pause waits before the next try, and returns the reasons for which there is none.
func (s *subscription) pause(ctx context.Context, err error) error {
	if stop := s.store.interrupted(ctx); stop != nil {
		return stop
	}
	if err != nil && (errors.Is(err, eventstore.ErrClosed) || classify(err) == eventstore.ErrDenied) {
		return translate("subscribe", err)
	}
	timer := time.NewTimer(s.gap - rand.N(s.gap/2))
	defer timer.Stop()
	s.gap = min(2*s.gap, lastGap)
	select {
	case <-timer.C:
	case <-ctx.Done():
	case <-s.store.closing:
	}
	return s.store.interrupted(ctx)
}
