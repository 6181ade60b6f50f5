package postgres

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

// Subscribe implements eventstore.Store. Commits of this store wake it at once, those of others as soon as the server
// tells of them, and at the latest after the poll interval.
func (s *Store) Subscribe(ctx context.Context, after eventstore.Position, f eventstore.Filter,
) iter.Seq2[eventstore.Message, error] {
	return once.Seq(func(yield func(eventstore.Message, error) bool) {
		if err := f.Validate(); err != nil {
			yield(eventstore.Message{}, err)
			return
		}
		leave := s.bell.Join(s.listen)
		defer leave()
		sub := subscription{store: s, passed: after, cursor: newLogCursor(after, eventstore.Forwards, f)}
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
	cursor   *logCursor
	passed   eventstore.Position // everything up to here was delivered or did not match
	caughtUp bool                // whether that was said of passed
	retries  int
}

// next yields a page, and waits for more when it reaches the end. It returns false when the loop was left.
func (s *subscription) next(ctx context.Context, yield func(eventstore.Message, error) bool) (bool, error) {
	if err := s.store.interrupted(ctx); err != nil {
		return false, err
	}
	wake := s.store.bell.Next() // before reading, so that no commit falls between reading and waiting
	page, last, err := s.cursor.next(ctx, s.store)
	if err != nil {
		return true, s.retry(ctx, err)
	}
	s.retries = 0
	for i := range page {
		if err := s.store.interrupted(ctx); err != nil {
			return false, err
		}
		e := &page[i]
		s.passed, s.caughtUp = e.Position, false
		if !yield(eventstore.Message{Kind: eventstore.KindEvent, Position: e.Position, Event: *e}, nil) {
			return false, nil
		}
	}
	if end := eventstore.NewPosition(uint64(s.cursor.at), 0); end.After(s.passed) {
		s.passed, s.caughtUp = end, false
		if !last && !yield(eventstore.Message{Kind: eventstore.KindCheckpoint, Position: end}, nil) {
			return false, nil
		}
	}
	if !last {
		return true, nil
	}
	if !s.caughtUp {
		s.caughtUp = true
		if !yield(eventstore.Message{Kind: eventstore.KindCaughtUp, Position: s.passed}, nil) {
			return false, nil
		}
	}
	return true, s.wait(ctx, wake, nil)
}

func (s *subscription) wait(ctx context.Context, wake <-chan struct{}, timeUp <-chan time.Time) error {
	s.store.bell.Asleep.Add(1)
	defer s.store.bell.Asleep.Add(-1)
	select {
	case <-wake:
	case <-timeUp:
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
	return s.wait(ctx, nil, timer.C)
}
