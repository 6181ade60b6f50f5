package memory

import (
	"bytes"
	"context"
	"fmt"
	"iter"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/internal/once"
)

// ReadStream implements eventstore.Store. Backwards it starts at the last event whose revision is not above from.
func (s *Store) ReadStream(ctx context.Context, stream string, from int64,
	dir eventstore.Direction) iter.Seq2[eventstore.RecordedEvent, error] {
	return once.Seq(func(yield func(eventstore.RecordedEvent, error) bool) {
		fail := func(err error) {
			yield(eventstore.RecordedEvent{}, fmt.Errorf("read stream %q: %w", stream, err))
		}
		if err := eventstore.ValidateReadStream(stream, from); err != nil {
			yield(eventstore.RecordedEvent{}, err)
			return
		}
		if err := s.usable(ctx); err != nil {
			fail(err)
			return
		}
		log, indexes := s.snapshotStream(stream)
		if len(indexes) == 0 {
			fail(eventstore.ErrStreamNotFound)
			return
		}
		for i := range walk(len(indexes), clamp(from, len(indexes)), dir) {
			if err := s.usable(ctx); err != nil {
				fail(err)
				return
			}
			if !yield(clone(log[indexes[i]]), nil) {
				return
			}
		}
	})
}

// ReadAll implements eventstore.Store.
func (s *Store) ReadAll(ctx context.Context, after eventstore.Position, dir eventstore.Direction,
	f eventstore.Filter) iter.Seq2[eventstore.RecordedEvent, error] {
	return once.Seq(func(yield func(eventstore.RecordedEvent, error) bool) {
		fail := func(err error) {
			yield(eventstore.RecordedEvent{}, fmt.Errorf("read the log %s: %w", dir, err))
		}
		if err := f.Validate(); err != nil {
			fail(err)
			return
		}
		if err := s.usable(ctx); err != nil {
			fail(err)
			return
		}
		log, _ := s.snapshot()
		start := indexAfter(log, after)
		if dir == eventstore.Backwards {
			start = indexBefore(log, after)
		}
		for i := range walk(len(log), start, dir) {
			if err := s.usable(ctx); err != nil {
				fail(err)
				return
			}
			if f.Match(log[i].Stream, log[i].Type) && !yield(clone(log[i]), nil) {
				return
			}
		}
	})
}

// snapshot returns the log as it stands and the channel that is closed when it grows. The slice may be read without the
// lock, because appending never changes an element that it holds.
func (s *Store) snapshot() (log []eventstore.RecordedEvent, grown <-chan struct{}) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.log, s.grown
}

func (s *Store) snapshotStream(stream string) (log []eventstore.RecordedEvent, indexes []int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.log, s.streams[stream]
}

// indexAfter returns the index of the first event strictly after a position, len(log) when there is none.
func indexAfter(log []eventstore.RecordedEvent, after eventstore.Position) int {
	major, _ := after.Parts()
	return int(min(major, uint64(len(log))))
}

// indexBefore returns the index of the last event strictly before a position, -1 when there is none. The zero position
// stands for the head.
func indexBefore(log []eventstore.RecordedEvent, before eventstore.Position) int {
	major, minor := before.Parts()
	if before.IsZero() || major > uint64(len(log)) {
		return len(log) - 1
	}
	if minor > 0 {
		return int(major) - 1
	}
	return int(major) - 2
}

// clamp cuts a revision to the indexes of a stream of n events, or one beyond.
func clamp(revision int64, n int) int { return int(min(revision, int64(n))) }

// walk yields the indexes below n from start onwards, in the direction.
func walk(n, start int, dir eventstore.Direction) iter.Seq[int] {
	return func(yield func(int) bool) {
		if dir == eventstore.Backwards {
			for i := min(start, n-1); i >= 0 && yield(i); i-- {
			}
			return
		}
		for i := start; i < n && yield(i); i++ {
		}
	}
}

// clone gives the reader slices of its own.
func clone(e eventstore.RecordedEvent) eventstore.RecordedEvent {
	e.Data, e.Metadata = bytes.Clone(e.Data), bytes.Clone(e.Metadata)
	return e
}
