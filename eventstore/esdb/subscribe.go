package esdb

import (
	"context"
	"errors"
	"iter"
	"math/rand/v2"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/internal/once"
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
// it, the position is none of this log, the context ends or the store is closed.
func (s *Store) Subscribe(ctx context.Context, after eventstore.Position, f eventstore.Filter,
) iter.Seq2[eventstore.Message, error] {
	return once.Seq(func(yield func(eventstore.Message, error) bool) {
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

// receive hands on what the library receives until it drops the subscription.
func (s *subscription) receive(ctx context.Context, from eventstore.Position, messages chan<- *esdb.SubscriptionEvent) error {
	cs := s.store.connections
	if err := cs.enter(); err != nil {
		return err
	}
	defer cs.calls.Done()
	// Only its beginning is a call that may take too long.
	begun, cancel := context.WithCancel(s.store.onLeader(ctx))
	defer cancel()
	timer := time.AfterFunc(s.store.cfg.CallTimeout, cancel)
	defer timer.Stop()
	c, err := cs.take(begun)
	if err != nil {
		return err
	}
	return cs.guard.run(begun, guarded{
		do: func(ctx context.Context) error {
			sub, err := c.client.SubscribeToAll(ctx, s.options(from))
			timer.Stop()
			if err != nil {
				return err
			}
			return pump(ctx, sub, messages)
		},
		stop:  s.store.closing,
		ended: func(err error, wasLeft bool) { c.release(err, wasLeft, ctx.Err() == nil && broken(err)) },
		left:  c.leave,
	})
}

func pump(ctx context.Context, sub *esdb.Subscription, messages chan<- *esdb.SubscriptionEvent) error {
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

func (s *subscription) options(from eventstore.Position) esdb.SubscribeToAllOptions {
	o := esdb.SubscribeToAllOptions{From: esdb.Start{}, MaxSearchWindow: s.window, CheckpointInterval: 1}
	if !from.IsZero() {
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

// pause waits before the next try, and returns the reasons for which there is none.
func (s *subscription) pause(ctx context.Context, err error) error {
	if stop := s.store.interrupted(ctx); stop != nil {
		return stop
	}
	if err = translate("subscribe", err); errors.Is(err, eventstore.ErrDenied) || errors.Is(err, eventstore.ErrInvalid) {
		return err
	}
	timer := time.NewTimer(s.gap - rand.N(s.gap/2)) //nolint:gosec // no secret depends on it
	defer timer.Stop()
	s.gap = min(2*s.gap, lastGap)
	select {
	case <-timer.C:
	case <-ctx.Done():
	case <-s.store.closing:
	}
	return s.store.interrupted(ctx)
}
