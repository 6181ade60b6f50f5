package saga

import (
	"context"
	"errors"
	"runtime"

	"github.com/skaldgo/skald/aggregate"
)

// loads keeps the number of loads under way within bounds: with a shard all of its sagas are wanted at once.
type loads struct {
	waiting []LoadSaga
	running int
}

func (l *loads) add(e LoadSaga) { l.waiting = append(l.waiting, e) }

func (s *session) beginLoads() {
	for len(s.loads.waiting) > 0 && s.loads.running < 4*runtime.GOMAXPROCS(0) {
		next := s.loads.waiting[0]
		s.loads.waiting = s.loads.waiting[1:]
		s.loads.running++
		s.tasks.Go(func() { s.hands.load(next) })
	}
}

// asLoaded tells an engine what became of a load.
func asLoaded(ref Ref, loaded aggregate.Loaded[*Instance], err error) SagaLoaded {
	in := SagaLoaded{Ref: ref, Instance: loaded.Aggregate, Head: loaded.Head, Fence: loaded.Fence, Err: err}
	if errors.Is(err, ErrNotFound) {
		in.Missing, in.Err = true, nil
	}
	return in
}

// renew keeps the leases until ctx ends.
func (s *session) renew(ctx context.Context) {
	if err := s.tenure.leases.run(ctx, func(g granted) { s.inbox.put(g) }); err != nil {
		s.fail(err)
	}
}

func (s *session) attempt(ctx context.Context, e RunAttempt) {
	// By the length, not the instant: the clock of the decisions need not be the one by which contexts end.
	ctx, cancel := context.WithTimeout(ctx, min(e.Deadline.Sub(s.o.cfg.Clock()), e.Timeout))
	defer cancel()
	e.Perform(ctx, func(outcome Outcome) {
		s.inbox.put(AttemptEnded{
			Ref: e.Ref, Step: e.Step, Direction: e.Direction, Attempt: e.Attempt, Outcome: outcome,
		})
	})
}
