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
	if !s.w.send() {
		return none, errCrashed
	}
	fault := s.decide(true)
	defer s.w.tell(stream, fault, events)
	if fault.meddles() {
		defer s.w.meddle(fault, stream)
		fault = noFault
	}
	if operator := s.w.current == nil || s.w.current.n == nil; operator && fault != noFault && !s.w.current.unlucky(s.w) {
		for _, n := range s.w.nodes { // the operator's own program lives on
			s.w.crash(n)
		}
		fault = noFault
	}
	result, err := s.append(ctx, fault, stream, expected, events)
	if fault == crashBefore || fault == crashAfter {
		s.w.current.crash()
	}
	if !s.w.answered() {
		return none, errCrashed
	}
	return result, err
}

// append does what is left of an append that has this fault.
func (s *tape) append(ctx context.Context, fault storeFault, stream string, expected eventstore.ExpectedRevision,
	events []eventstore.EventData,
) (eventstore.AppendResult, error) {
	var none eventstore.AppendResult
	known := s.w.stored[events[0].ID]
	switch fault {
	case crashBefore:
		return none, errCrashed
	case refuseCall:
		return none, fmt.Errorf("simulated: %w", eventstore.ErrUnavailable)
	case timedOutUndone:
		return none, fmt.Errorf("simulated: %w", eventstore.ErrIndeterminate)
	case falseConflict:
		if expected != eventstore.NoStream && !known {
			return none, &eventstore.ConflictError{Stream: stream, Expected: expected, Actual: -1}
		}
	default: // it reaches the log
	}
	result, err := s.Store.Append(ctx, stream, expected, events...)
	if err == nil && !known {
		s.w.recorded(stream, result, events)
	}
	if fault == timedOutDone {
		return none, fmt.Errorf("simulated: %w", eventstore.ErrIndeterminate)
	}
	return result, err
}

// decide asks what becomes of a call. Only orchestrators and migrations have bad luck, and only those that are still there.
func (s *tape) decide(isAppend bool) storeFault {
	number := 0
	if isAppend {
		s.appends++
		number = s.appends
	}
	if t := s.w.current; t.unlucky(s.w) {
		if t.gone() {
			return noFault
		}
		return s.w.inject.call(&t.at, number)
	}
	if m, meddles := s.w.inject.(meddler); meddles && isAppend {
		return m.operator(number)
	}
	return noFault
}

// stalePauses is how many times longer than others a stale read is on its way. No store may leave out what it has
// acknowledged before the read began, so a read gets stale in no other way.
const stalePauses = 20

// ReadStream is the store's ReadStream, with the world's faults.
func (s *tape) ReadStream(ctx context.Context, stream string, from int64, dir eventstore.Direction,
) iter.Seq2[eventstore.RecordedEvent, error] {
	return func(yield func(eventstore.RecordedEvent, error) bool) {
		if !s.w.send() {
			yield(eventstore.RecordedEvent{}, errCrashed)
			return
		}
		fault := s.decide(false)
		var events []eventstore.RecordedEvent
		var failure error
		if fault == unavailableRead {
			failure = fmt.Errorf("simulated: %w", eventstore.ErrUnavailable)
		} else {
			events, failure = s.read(ctx, stream, from, dir)
		}
		pauses := 1
		if fault == staleRead {
			pauses = stalePauses
		}
		for range pauses { // what was read gets old on its way
			if !s.w.answered() {
				yield(eventstore.RecordedEvent{}, errCrashed)
				return
			}
		}
		for _, ev := range events {
			if !yield(ev, nil) {
				return
			}
		}
		if failure != nil {
			yield(eventstore.RecordedEvent{}, failure)
		}
	}
}

func (s *tape) read(ctx context.Context, stream string, from int64, dir eventstore.Direction) (
	events []eventstore.RecordedEvent, err error,
) {
	if ref, is := saga.ParseStream(stream); is && from == 0 {
		if c := s.w.byRef[ref]; c != nil {
			events = make([]eventstore.RecordedEvent, 0, c.end.Revision()+2) // all that there can be
		}
	}
	for ev, err := range s.Store.ReadStream(ctx, stream, from, dir) {
		if err != nil {
			return events, err
		}
		events = append(events, ev)
	}
	return events, nil
}

// recorded takes note of what was stored, and lets the orchestrators follow it.
func (w *world) recorded(stream string, result eventstore.AppendResult, events []eventstore.EventData) {
	w.stored[events[0].ID] = true
	ref, isSaga := saga.ParseStream(stream)
	if !isSaga {
		w.indexed(stream, events)
		return
	}
	c, last := w.byRef[ref], int64(len(events)-1)
	if c == nil {
		c = w.newClient(ref) // somebody else has started it
		c.done = true
	}
	for i, ev := range events {
		c.witness(w, ev)
		c.fenced(w, ev)
		switch ev.Type {
		case saga.TypeSagaStarted, saga.TypeSagaCompleted, saga.TypeSagaFailed, saga.TypeSagaTerminated,
			saga.TypeStepRedriven, saga.TypeSagaCancelRequested, saga.TypeSignalReceived, saga.TypeSagaPaused, saga.TypeSagaResumed,
			saga.TypeDeadlineExtended, saga.TypeRetryPolicyChanged, saga.TypeSagaMigrated, saga.TypeStepResolved, saga.TypeStepSkipped:
			major, minor := result.Position.Parts() // which counts the events, in a log in memory
			w.news = append(w.news, notice{
				EventSeen: saga.EventSeen{Ref: ref, Revision: result.Revision - last + int64(i), Type: ev.Type},
				client:    c, position: eventstore.NewPosition(major-uint64(last)+uint64(i), minor),
			})
			for _, n := range w.nodes {
				p := point{of: ofNews, node: n.number, nth: len(w.news)}
				w.after(w.inject.latency(&p, 0), n.follow)
			}
		}
	}
}
