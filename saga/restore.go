package saga

import (
	"context"
	"errors"
	"maps"
	"runtime"
	"slices"
	"sync"

	"github.com/skaldgo/skald/eventstore"
)

// eventsPerSaga and followedPerSaga estimate how long the log is from the few types of event that a scan of it reads.
const (
	eventsPerSaga   = 10
	followedPerSaga = 2
)

// restore finds every open saga of the log, hands it to the engine, and returns the position up to which it has looked.
func (s *session) restore(ctx context.Context) (eventstore.Position, error) {
	record, err := s.lastRecord(ctx)
	if err != nil {
		return eventstore.Position{}, err
	}
	open, from := record.open, record.position
	seenEvents := 0
	filter := eventstore.Filter{TypePrefixes: followedTypes()}
	for ev, err := range s.o.cfg.Store.ReadAll(ctx, from, eventstore.Forwards, filter) {
		if err != nil {
			return from, err
		}
		from = ev.Position
		ref, isSaga := ParseStream(ev.Stream)
		if !isSaga {
			continue
		}
		seenEvents++
		switch noteOf(ev.Type) {
		case noteStarted:
			open[ref] = struct{}{}
		case noteEnded:
			delete(open, ref)
		case noteOperator, noteNothing:
		}
	}
	s.tail = seenEvents * eventsPerSaga / followedPerSaga
	s.followed = from
	if s.tenure != nil { // they are loaded with the leases of their shards
		s.apply(SagasFound{Refs: slices.Collect(maps.Keys(open))})
		return from, nil
	}
	return from, s.restoreSagas(ctx, open)
}

// restoreSagas loads the open sagas, several at once, and hands them to the engine.
func (s *session) restoreSagas(ctx context.Context, open map[Ref]struct{}) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	refs, loaded := make(chan Ref), make(chan SagaLoaded)
	var loaders sync.WaitGroup
	for range 2 * runtime.GOMAXPROCS(0) {
		loaders.Go(func() {
			for ref := range refs {
				loaded <- s.loadRestarted(ctx, ref)
			}
		})
	}
	go func() { // ends before loaded is closed, which the loop below waits for
		defer close(refs)
		for ref := range open {
			select {
			case refs <- ref:
			case <-ctx.Done():
				return
			}
		}
	}()
	go func() {
		loaders.Wait()
		close(loaded)
	}()
	var failure error
	for in := range loaded {
		if in.Err != nil && !errors.Is(in.Err, ErrSetAside) {
			failure = errors.Join(failure, in.Err)
			cancel()
			continue
		}
		in.Jitter = s.o.cfg.Random()
		s.apply(in)
	}
	if failure == nil {
		failure = ctx.Err()
	}
	return failure
}

func (s *session) loadRestarted(ctx context.Context, ref Ref) SagaLoaded {
	if s.o.defs.newest(ref.Name) == nil {
		return SagaLoaded{Ref: ref, Restart: true} // left alone, so there is no need to read it
	}
	loaded, err := s.o.load(ctx, ref)
	in := asLoaded(ref, loaded, err)
	in.Restart = true
	return in
}

// seen is one step of the follower: an event of interest, or only a position that it has passed.
type seen struct {
	event    EventSeen
	isSaga   bool
	position eventstore.Position
}

// maxUnseen is how far the follower may be ahead of the loop: the log can be much faster.
const maxUnseen = 4_096

// follow tells the loop what the log holds, whoever wrote it, until ctx ends.
func (s *session) follow(ctx context.Context, from eventstore.Position) {
	filter := eventstore.Filter{TypePrefixes: followedTypes()}
	for message, err := range s.o.cfg.Store.Subscribe(ctx, from, filter) {
		if err != nil {
			if ctx.Err() == nil {
				s.fail(err)
			}
			return
		}
		item := seen{position: message.Position}
		if message.Kind == eventstore.KindEvent {
			ref, isSaga := ParseStream(message.Event.Stream)
			item.isSaga = isSaga
			item.event = EventSeen{Ref: ref, Revision: message.Event.Revision, Type: message.Event.Type}
		}
		select {
		case s.unseen <- struct{}{}:
			s.inbox.put(item)
		case <-ctx.Done():
			return
		}
	}
}

func (s *session) see(item seen) {
	<-s.unseen
	if item.isSaga {
		s.apply(item.event)
		s.tail += eventsPerSaga / followedPerSaga
	}
	s.followed = item.position
}
