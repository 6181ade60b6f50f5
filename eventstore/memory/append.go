package memory

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/skaldgo/skald/eventstore"
)

// Append implements eventstore.Store. It never gives ErrUnavailable or ErrIndeterminate. Appending an id that the stream
// already holds, at the stream's present revision, is no repeat and stores it a second time.
func (s *Store) Append(ctx context.Context, stream string, expected eventstore.ExpectedRevision,
	events ...eventstore.EventData) (eventstore.AppendResult, error) {
	if err := eventstore.ValidateAppend(stream, expected, events); err != nil {
		return eventstore.AppendResult{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return eventstore.AppendResult{}, fmt.Errorf("append to %q: %w", stream, err)
	}
	indexes := s.streams[stream]
	if !passes(expected, int64(len(indexes))-1) {
		if last, ok := s.repeated(indexes, expected, events); ok {
			return eventstore.AppendResult{Revision: last.Revision, Position: last.Position}, nil
		}
		return eventstore.AppendResult{}, &eventstore.ConflictError{
			Stream: stream, Expected: expected, Actual: int64(len(indexes)) - 1,
		}
	}
	last := s.record(stream, events)
	close(s.grown)
	s.grown = make(chan struct{})
	return eventstore.AppendResult{Revision: last.Revision, Position: last.Position}, nil
}

// passes reports whether a stream whose last revision is current, -1 for none, meets the expectation.
func passes(expected eventstore.ExpectedRevision, current int64) bool {
	switch expected {
	case eventstore.Any:
		return true
	case eventstore.StreamExists:
		return current >= 0
	default:
		revision, _ := expected.Revision()
		return current == revision
	}
}

// repeated reports whether the very same events already stand in the stream right after the expected revision, and
// returns the last of them.
func (s *Store) repeated(indexes []int, expected eventstore.ExpectedRevision,
	events []eventstore.EventData) (last eventstore.RecordedEvent, ok bool) {
	revision, exact := expected.Revision()
	if !exact || revision+1 > int64(len(indexes)) {
		return last, false
	}
	stored := indexes[revision+1:]
	if len(stored) < len(events) {
		return last, false
	}
	for i := range events {
		if s.log[stored[i]].ID != events[i].ID {
			return last, false
		}
	}
	return s.log[stored[len(events)-1]], true
}

// record appends copies of the events to the log and returns the last as recorded.
func (s *Store) record(stream string, events []eventstore.EventData) eventstore.RecordedEvent {
	now := time.Now().UTC()
	for _, e := range events {
		index := len(s.log)
		s.log = append(s.log, eventstore.RecordedEvent{
			ID:         e.ID,
			Type:       e.Type,
			Stream:     stream,
			Revision:   int64(len(s.streams[stream])),
			Position:   eventstore.NewPosition(uint64(index)+1, 0),
			Data:       bytes.Clone(e.Data),
			Metadata:   bytes.Clone(e.Metadata),
			RecordedAt: now,
		})
		s.streams[stream] = append(s.streams[stream], index)
	}
	return s.log[len(s.log)-1]
}
