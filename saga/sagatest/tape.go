package sagatest

import (
	"context"
	"fmt"
	"iter"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

// tape is the store of a world: a log in memory whose every call is a point at which others may go on and things may go
// wrong.
type tape struct {
	*memory.Store
	w       *world
	appends int
}

// Append is the store's Append, with the world's faults.
func (s *tape) Append(ctx context.Context, stream string, expected eventstore.ExpectedRevision,
	events ...eventstore.EventData,
) (eventstore.AppendResult, error) {
	var none eventstore.AppendResult
	if !s.w.pause() {
		return none, errCrashed
	}
	actor, fault := s.decide(true)
	defer s.w.tell(actor, stream, fault, events)
	if operator := s.w.current == nil || s.w.current.n == nil; operator && fault != noFault {
		for _, n := range s.w.nodes { // the operator's own program lives on
			s.w.crash(n)
		}
		fault = noFault
	}
	switch fault {
	case crashBefore:
		s.w.crash(s.w.current.n)
		return none, errCrashed
	case refuseCall:
		return none, fmt.Errorf("simulated: %w", eventstore.ErrUnavailable)
	case timedOutUndone:
		return none, fmt.Errorf("simulated: %w", eventstore.ErrIndeterminate)
	case falseConflict:
		if expected != eventstore.NoStream && !s.w.stored[events[0].ID] {
			return none, &eventstore.ConflictError{Stream: stream, Expected: expected, Actual: -1}
		}
	}
	result, err := s.Store.Append(ctx, stream, expected, events...)
	if err == nil && !s.w.stored[events[0].ID] {
		s.w.recorded(stream, result.Revision-int64(len(events)-1), events)
	}
	switch fault {
	case crashAfter:
		s.w.crash(s.w.current.n)
		return none, errCrashed
	case timedOutDone:
		return none, fmt.Errorf("simulated: %w", eventstore.ErrIndeterminate)
	}
	if !s.w.pause() { // the answer is on its way
		return none, errCrashed
	}
	return result, err
}

// decide asks what becomes of a call. Only orchestrators have bad luck.
func (s *tape) decide(isAppend bool) (actor string, fault storeFault) {
	number := 0
	if isAppend {
		s.appends++
		number = s.appends
	}
	if t := s.w.current; t != nil && t.n != nil {
		return t.n.String(), s.w.inject.call(number)
	}
	if m, meddles := s.w.inject.(meddler); meddles && isAppend {
		fault = m.operator(number)
	}
	return "operator", fault
}

// stalePauses is how many times longer than others a stale read is on its way. No store may leave out what it has
// acknowledged before the read began, so a read gets stale in no other way.
const stalePauses = 20

// ReadStream is the store's ReadStream, with the world's faults.
func (s *tape) ReadStream(ctx context.Context, stream string, from int64, dir eventstore.Direction,
) iter.Seq2[eventstore.RecordedEvent, error] {
	return func(yield func(eventstore.RecordedEvent, error) bool) {
		if !s.w.pause() {
			yield(eventstore.RecordedEvent{}, errCrashed)
			return
		}
		_, fault := s.decide(false)
		if fault == unavailableRead {
			yield(eventstore.RecordedEvent{}, fmt.Errorf("simulated: %w", eventstore.ErrUnavailable))
			return
		}
		var events []eventstore.RecordedEvent
		for ev, err := range s.Store.ReadStream(ctx, stream, from, dir) {
			if err != nil {
				yield(ev, err)
				return
			}
			events = append(events, ev)
		}
		pauses := 1
		if fault == staleRead {
			pauses = stalePauses
		}
		for range pauses { // what was read gets old on its way
			if !s.w.pause() {
				yield(eventstore.RecordedEvent{}, errCrashed)
				return
			}
		}
		for _, ev := range events {
			if !yield(ev, nil) {
				return
			}
		}
	}
}

// recorded takes note of what was stored, and lets the orchestrators follow it.
func (w *world) recorded(stream string, first int64, events []eventstore.EventData) {
	w.stored[events[0].ID] = true
	ref, isSaga := saga.ParseStream(stream)
	if !isSaga {
		return
	}
	for i, ev := range events {
		switch ev.Type {
		case saga.TypeSagaStarted, saga.TypeSagaCompleted, saga.TypeSagaFailed, saga.TypeStepRedriven:
			w.log = append(w.log, saga.EventSeen{Ref: ref, Revision: first + int64(i), Type: ev.Type})
			for _, n := range w.nodes {
				w.after(w.inject.latency(), n.follow)
			}
		}
	}
}
