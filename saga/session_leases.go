package saga

import (
	"context"
	"log/slog"
	"time"

	"github.com/skaldgo/skald/eventstore"
)

// tenure is what the loop of a session that shares its store knows of its leases.
type tenure struct {
	leases   *leases
	until    time.Time // the leases cannot be relied on from then on; zero when there are none
	returnBy time.Time // patience with the shards that are being returned; zero when there are none
	running  map[CancelAttempt]context.CancelFunc
	held     int // shards, when last told in the log of the process
}

func newTenure(o *Orchestrator, owner string) *tenure {
	return &tenure{
		leases: &leases{
			leaser: o.cfg.Store.(eventstore.Leaser), logger: o.cfg.Logger, wake: make(chan struct{}, 1),
			base: eventstore.LeaseRequest{Group: LockName, Owner: owner, Shards: o.cfg.Shards, TTL: o.cfg.LeaseTTL},
		},
		running: map[CancelAttempt]context.CancelFunc{},
	}
}

// granted tells the engine what is held.
func (s *session) granted(g granted) {
	t := s.tenure
	if !time.Now().Before(g.until) {
		return // too late to rely on; the next call is under way
	}
	t.until = g.until
	s.handle(g.change)
	switch {
	case len(g.change.Return) == 0:
		t.returnBy = time.Time{}
	case t.returnBy.IsZero():
		t.returnBy = time.Now().Add(max(s.o.cfg.ShutdownGrace, 0))
	}
	if held := len(g.change.Held); held != t.held {
		t.held = held
		s.o.cfg.Logger.Info("shards held", slog.Int("shards", held), slog.Int("of", s.o.cfg.Shards))
	}
}

// checkLeases lets go of everything once the leases cannot be relied on any more: this process may have been frozen, or
// the store out of reach. It comes before every input, so that nothing begins after that.
func (s *session) checkLeases() {
	t := s.tenure
	if t == nil || t.until.IsZero() || time.Now().Before(t.until) {
		return
	}
	t.until, t.returnBy, t.held = time.Time{}, time.Time{}, 0
	s.o.cfg.Logger.Warn("the leases have lapsed, all sagas are let go")
	s.handle(LeasesChanged{})
}

// checkReturns ends the patience with attempts of shards that others should have.
func (s *session) checkReturns() {
	if t := s.tenure; t != nil && !t.returnBy.IsZero() && !time.Now().Before(t.returnBy) {
		t.returnBy = time.Time{}
		s.apply(ReturnOverdue{})
	}
}

// untilLeases shortens a wait to the next instant that leases demand.
func (s *session) untilLeases(wait time.Duration) time.Duration {
	if s.tenure == nil {
		return wait
	}
	for _, at := range []time.Time{s.tenure.until, s.tenure.returnBy} {
		if !at.IsZero() {
			wait = min(wait, max(time.Until(at), 0))
		}
	}
	return wait
}

// cancellable returns a context for one attempt that can be ended by itself.
func (s *session) cancellable(ctx context.Context, e RunAttempt) context.Context {
	if s.tenure == nil {
		return ctx
	}
	ctx, cancel := context.WithCancel(ctx)
	s.tenure.running[CancelAttempt{e.Ref, e.Step, e.Direction, e.Attempt}] = cancel
	return ctx
}

func (s *session) cancelAttempt(e CancelAttempt) {
	if cancel := s.tenure.running[e]; cancel != nil {
		cancel()
	}
}

func (s *session) attemptReturned(e AttemptEnded) {
	if s.tenure == nil {
		return
	}
	key := CancelAttempt{e.Ref, e.Step, e.Direction, e.Attempt}
	if cancel := s.tenure.running[key]; cancel != nil {
		cancel()
		delete(s.tenure.running, key)
	}
}
