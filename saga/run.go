package saga

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/skaldgo/skald/eventstore"
)

// LockName is the name of the lock that a running orchestrator holds on a store that has locks: alone, or together with
// others when they share the sagas.
const LockName = "orchestrator"

// Run runs sagas until ctx ends or the store fails; then it returns nil or the store's error. It goes on with every open
// saga of the log, then with new ones, and acts within a second on what other processes append.
//
// When ctx ends, nothing new starts; running attempts get ShutdownGrace to end, then their contexts end, and what ends by
// that is recorded as interrupted. Run returns only when everything that it started has ended, so a function that
// ignores its context delays it.
//
// With a LeaseTTL the sagas are shared with every other orchestrator of this store that has one. Without, this orchestrator
// runs alone: on a store with locks (see eventstore.Locker) Run gives eventstore.ErrLocked beside any other, in any process,
// with a LeaseTTL or without, and so does Run with a LeaseTTL beside one that runs alone. A second Run of the same
// orchestrator gives ErrRunning; after the first has returned, Run may be called again.
func (o *Orchestrator) Run(ctx context.Context) (err error) {
	o.mu.Lock()
	if o.running {
		o.mu.Unlock()
		return ErrRunning
	}
	o.running, o.restoring = true, make(chan struct{})
	o.mu.Unlock()
	defer func() {
		o.activate(nil)
		o.mu.Lock()
		o.running = false
		o.mu.Unlock()
	}()
	if locker, ok := o.cfg.Store.(eventstore.Locker); ok {
		take := locker.Lock
		if o.shares() {
			take = locker.LockShared
		}
		lock, err := take(ctx, LockName)
		switch {
		case err != nil && ctx.Err() != nil:
			return nil
		case err != nil:
			return fmt.Errorf("run orchestrator: %w", err)
		}
		defer func() { err = errors.Join(err, lock.Close()) }()
	}
	s, err := newSession(ctx, o)
	if err != nil {
		return err
	}
	return s.run(ctx)
}

// run is the life of a session: recover, follow the log, handle inputs, stop.
func (s *session) run(ctx context.Context) error {
	followCtx, stopFollowing := context.WithCancel(ctx)
	defer stopFollowing()
	from, err := s.restore(ctx)
	switch {
	case err == nil:
		s.tasks.Go(func() { s.follow(followCtx, from) })
		if s.tenure != nil {
			s.tasks.Go(s.hands.renew)
		}
	case ctx.Err() == nil:
		s.fail(fmt.Errorf("restore open sagas: %w", err))
	}
	// Attempts run already, of the sagas restored first. Even a session that is stopped at its start ends in good order.
	s.o.activate(s)
	s.loop(ctx, stopFollowing)
	stopFollowing()
	s.end()
	return s.failure // nobody writes it any more
}

// loop handles inputs until a stop has drained the engine.
func (s *session) loop(ctx context.Context, stopFollowing func()) {
	alarm := time.NewTimer(time.Hour)
	defer alarm.Stop()
	var patience <-chan time.Time // after the stop: until attempts, then appends, are cut off
	stopping := ctx.Done()
	for {
		s.handleInbox()
		s.fireTimers(alarm)
		s.checkLeases()
		s.checkReturns()
		s.recordOpen()
		if stopping == nil && s.engine.Drained() && s.recording == nil {
			return
		}
		patience = s.withAppends(patience)
		select {
		case <-s.inbox.signal:
		case <-alarm.C:
		case <-stopping:
			stopping = nil
			stopFollowing()
			s.apply(StopRequested{})
			patience = time.After(max(s.o.cfg.ShutdownGrace, 0))
		case <-s.failed:
			if stopping != nil {
				stopping = nil
				stopFollowing()
				s.apply(StopRequested{})
			}
			s.failed, patience = nil, nil
			s.apply(GraceEnded{})
			s.cutAppends()
		case <-patience:
			patience = nil
			if s.engine.cancelled {
				s.cutAppends()
			} else {
				s.apply(GraceEnded{})
			}
		case result := <-s.recording:
			s.recorded(result)
		}
	}
}

// appendPatience is how long appends may go on, after a stop and its grace, against a store that does not answer.
const appendPatience = 10 * time.Second

// withAppends returns the patience with appends once the grace has ended. It begins anew with every append that was
// taken: an attempt that returns long after the grace has an outcome all the same, and the store its time to take it.
func (s *session) withAppends(patience <-chan time.Time) <-chan time.Time {
	appended := s.engine.counts.Appended
	switch {
	case !s.engine.cancelled || s.cut:
		return patience
	case s.engine.counts.busy == 0 && s.recording == nil:
		return nil
	case patience != nil && appended == s.progress:
		return patience
	}
	s.progress = appended
	return time.After(appendPatience)
}

func (s *session) handleInbox() {
	s.spare = s.inbox.take(s.spare)
	for _, item := range s.spare {
		switch item := item.(type) {
		case granted:
			s.granted(item)
		case SagaLoaded:
			s.loads.running--
			s.beginLoads()
			item.Jitter = s.o.cfg.Random()
			s.apply(item)
		case AttemptEnded:
			s.attemptReturned(item)
			item.Jitter = s.o.cfg.Random()
			s.apply(item)
		case Input:
			s.apply(item)
		case seen:
			s.see(item)
		case func(*Engine):
			item(s.engine)
		}
	}
}

// clockAgain is how often a session that has nothing to do looks at the clock: when a machine was suspended, or its clock put
// forward, what has become due meanwhile is not made to wait for as long as it would have without that.
const clockAgain = time.Minute

func (s *session) fireTimers(alarm *time.Timer) {
	now := s.o.cfg.Clock()
	for {
		ref, due := s.timers.pop(now)
		if !due {
			break
		}
		s.apply(TimerFired{Ref: ref, Jitter: s.o.cfg.Random()})
	}
	wait := clockAgain
	if at, ok := s.timers.next(); ok {
		wait = min(max(at.Sub(now), 0), wait)
	}
	alarm.Reset(s.untilLeases(wait))
}

// apply hands one input to the engine and carries out what it asks for.
func (s *session) apply(input Input) {
	s.checkLeases()
	s.handle(input)
}

func (s *session) handle(input Input) {
	for _, effect := range s.engine.Handle(s.o.cfg.Clock(), input) {
		s.execute(effect)
	}
}
