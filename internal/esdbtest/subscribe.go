package esdbtest

import (
	"context"
	"errors"

	"github.com/google/uuid"
)

// subscribe confirms, delivers the history, says that it has caught up, and delivers what is committed from then on.
func (n *Node) subscribe(ctx context.Context, r request, out *delivery) error {
	v := n.view()
	s := &subscription{node: n, out: out, request: r}
	if r.all {
		s.feed = newAllFeed(r, v)
	} else {
		s.feed = newStreamFeed(r, v)
	}
	s.live = newLive(s.feed.wants, r.filter.interval, v.newest())
	behind := s.feed.behind(v)
	v.j.mu.Unlock()
	if err := out.send(confirmationToWire(uuid.NewString())); err != nil {
		return err
	}
	for {
		if behind {
			if err := s.catchUp(); err != nil {
				return err
			}
		}
		if err := s.goLive(ctx); err != nil {
			return err
		}
		behind = true
	}
}

// subscription is one subscription of a caller.
type subscription struct {
	node       *Node
	out        *delivery
	request    request
	feed       feed
	live       *live
	checkpoint *position // the last that was sent
}

// feed is what a subscription to $all and one to a stream do each in its own way.
type feed interface {
	// behind reports whether there is history to deliver before the subscription is live. The journal is locked.
	behind(view) bool
	// rewind begins with the history after the last event.
	rewind()
	// page returns the next part of the history, and whether it is the last. The journal is locked.
	page(view) (records []*record, due *position, last bool, err error)
	// wants reports whether an event is one for the subscription.
	wants(*record) bool
	// passed reports whether an event lies before what was delivered already.
	passed(*record) bool
	// delivered takes down that an event was sent.
	delivered(*record)
	// at returns where the subscription is in $all, and takes down where a checkpoint has brought it.
	at() position
	advance(position)
}

func (s *subscription) catchUp() error {
	s.feed.rewind()
	for {
		v := s.node.view()
		records, due, last, err := s.feed.page(v)
		v.j.mu.Unlock()
		if err != nil && !errors.Is(err, errNoStream) {
			return err
		}
		for _, r := range records {
			if err := s.event(r); err != nil {
				return err
			}
		}
		if due != nil {
			if at := s.feed.at(); at.compare(*due) < 0 {
				s.feed.advance(*due)
			}
			if err := s.check(s.feed.at()); err != nil {
				return err
			}
		}
		if last {
			return nil
		}
		if err := s.out.call.Context().Err(); err != nil {
			return err
		}
	}
}

// goLive delivers what the live buffer holds, until something has fallen out of it.
func (s *subscription) goLive(ctx context.Context) error {
	if err := s.out.send(caughtUpToWire()); err != nil {
		return err
	}
	for {
		v := s.node.view()
		s.live.fill(v)
		changed := v.j.changed
		v.j.mu.Unlock()
		m, ok := s.live.take()
		if !ok {
			if err := s.wait(ctx, changed); err != nil {
				return err
			}
			continue
		}
		if s.skips(m) {
			continue
		}
		if m.gap {
			return s.check(s.feed.at())
		}
		if err := s.message(m); err != nil {
			return err
		}
	}
}

// skips reports whether a message has nothing new, and so does not matter, even if another one is missing before it.
func (s *subscription) skips(m message) bool {
	if m.record != nil {
		return s.feed.passed(m.record)
	}
	return m.checkpoint.compare(s.feed.at()) < 0
}

func (s *subscription) message(m message) error {
	if m.record != nil {
		return s.event(m.record)
	}
	s.feed.advance(m.checkpoint)
	return s.check(m.checkpoint)
}

func (s *subscription) event(r *record) error {
	if s.feed.passed(r) {
		return nil
	}
	if err := s.out.event(r); err != nil {
		return err
	}
	s.feed.delivered(r)
	if !s.request.all && r.kind == typeTombstone {
		return errStreamDeleted(r.stream)
	}
	return nil
}

// check sends a checkpoint, to those who have a filter, if it is later than the last one.
func (s *subscription) check(p position) error {
	if !s.request.filter.set || s.checkpoint != nil && p.compare(*s.checkpoint) <= 0 {
		return nil
	}
	s.checkpoint = &p
	return s.out.send(checkpointToWire(p))
}

func (s *subscription) wait(ctx context.Context, changed <-chan struct{}) error {
	if err := s.out.last(); err != nil {
		return err
	}
	select {
	case <-changed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-s.node.stopping():
		return Unavailable()
	}
}
