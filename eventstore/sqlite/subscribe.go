package sqlite

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/internal/once"
)

// A subscription that cannot read for want of something tries again this often, waiting longer each time, before it
// ends with the error.
const (
	maxRetries    = 8
	firstRetryGap = 20 * time.Millisecond
)

// Subscribe implements eventstore.Store. Commits of this store wake it at once, those of other processes within the poll
// interval.
func (s *Store) Subscribe(ctx context.Context, after eventstore.Position, f eventstore.Filter,
) iter.Seq2[eventstore.Message, error] {
	return once.Seq(func(yield func(eventstore.Message, error) bool) {
		if err := f.Validate(); err != nil {
			yield(eventstore.Message{}, err)
			return
		}
		leave := s.wakeups.join(s.poll)
		defer leave()
		sub := subscription{store: s, passed: after}
		sub.cursor.logCursor(after, eventstore.Forwards, f)
		sub.cursor.follow = true
		for {
			more, err := sub.next(ctx, yield)
			if err != nil {
				yield(eventstore.Message{}, err)
			}
			if err != nil || !more {
				return
			}
		}
	})
}

type subscription struct {
	store    *Store
	cursor   cursor
	passed   eventstore.Position // everything up to here was delivered or did not match
	caughtUp bool                // whether that was said of passed
	retries  int
}

// next yields a page, and waits for more when it reaches the end. It returns false when the loop was left.
func (s *subscription) next(ctx context.Context, yield func(eventstore.Message, error) bool) (bool, error) {
	wake := s.store.wakeups.next() // before reading, so that no commit falls between reading and waiting
	before := s.cursor.at
	if err := s.store.fill(ctx, &s.cursor); err != nil {
		return true, s.retry(ctx, err)
	}
	s.retries = 0
	for i := range s.cursor.page {
		if err := s.store.interrupted(ctx); err != nil {
			return false, err
		}
		e := &s.cursor.page[i]
		s.passed, s.caughtUp = e.Position, false
		if !yield(eventstore.Message{Kind: eventstore.KindEvent, Position: e.Position, Event: *e}, nil) {
			return false, nil
		}
	}
	if s.cursor.at > before {
		if end := eventstore.NewPosition(uint64(s.cursor.at), 0); end.After(s.passed) {
			s.passed, s.caughtUp = end, false
			if !s.cursor.ended && !yield(eventstore.Message{Kind: eventstore.KindCheckpoint, Position: end}, nil) {
				return false, nil
			}
		}
	}
	if !s.cursor.ended {
		return true, nil
	}
	if !s.caughtUp {
		s.caughtUp = true
		if !yield(eventstore.Message{Kind: eventstore.KindCaughtUp, Position: s.passed}, nil) {
			return false, nil
		}
	}
	return true, s.wait(ctx, wake)
}

func (s *subscription) wait(ctx context.Context, wake <-chan struct{}) error {
	s.store.wakeups.waiting.Add(1)
	defer s.store.wakeups.waiting.Add(-1)
	select {
	case <-wake:
	case <-ctx.Done():
	case <-s.store.closing:
	}
	return s.store.interrupted(ctx)
}

// retry waits a little after an error that may pass, and returns any other one.
func (s *subscription) retry(ctx context.Context, err error) error {
	if s.retries == maxRetries || !errors.Is(err, eventstore.ErrUnavailable) {
		return err
	}
	timer := time.NewTimer(firstRetryGap << s.retries)
	defer timer.Stop()
	s.retries++
	select {
	case <-timer.C:
	case <-ctx.Done():
	case <-s.store.closing:
	}
	return s.store.interrupted(ctx)
}
