package saga

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/skaldgo/skald/aggregate"
)

// activate makes s the session that requests go to; nil ends that.
func (o *Orchestrator) activate(s *session) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.active = s
	if o.restoring != nil {
		close(o.restoring)
		o.restoring = nil
	}
}

// start asks the loop for a new saga and waits for its answer.
func (s *session) start(ctx context.Context, ref Ref, data json.RawMessage, options StartOptions) (bool, error) {
	token, reply := s.lastToken.Add(1), make(chan Reply, 1)
	s.replies.Store(token, reply)
	defer s.replies.Delete(token)
	s.inbox.put(StartRequested{
		Token: token, Ref: ref, Data: data,
		CorrelationID: options.CorrelationID, CausationID: options.CausationID, Actor: options.Actor,
		Parent: options.parent,
	})
	select {
	case r := <-reply:
		return r.Created, r.Err
	case <-ctx.Done():
		return false, fmt.Errorf("start %s: %w", ref, ctx.Err())
	case <-s.done:
		select {
		case r := <-reply:
			return r.Created, r.Err
		default:
			return false, fmt.Errorf("start %s: %w", ref, ErrStopping)
		}
	}
}

// inspect runs a function on the engine, between two inputs, and reports whether it did.
func (s *session) inspect(ctx context.Context, look func(*Engine)) bool {
	looked := make(chan struct{})
	s.inbox.put(func(g *Engine) {
		look(g)
		close(looked)
	})
	select {
	case <-looked:
		return true
	case <-ctx.Done():
	case <-s.done:
	}
	// The loop may be looking at this moment; what look writes is read only when it has certainly looked.
	select {
	case <-looked:
		return true
	default:
		return false
	}
}

// appendLate keeps news of a saga that has ended in a stream of its own. While the store is unavailable, or its answers get
// lost, it tries again, but not for ever: nobody but a person can act on the news, and the log of the process has it when the store has not.
func (s *session) appendLate(ctx context.Context, e AppendLate) {
	ctx, cancel := context.WithTimeout(ctx, latePatience)
	defer cancel()
	repo, err := aggregate.NewRepository[*lateNews, Event, Event](aggregate.Config[*lateNews]{
		Store: s.o.cfg.Store, Registry: s.o.registry, Category: LateCategoryPrefix + e.Ref.Name, Clock: s.o.cfg.Clock,
		New: func(string) *lateNews { return &lateNews{} }, AppendRepeats: math.MaxInt, // as long as ctx lasts
	})
	if err == nil {
		_, err = repo.Execute(ctx, e.Ref.ID, e.Event, e.Envelope)
		for notNow(err) && ctx.Err() == nil {
			select {
			case <-ctx.Done():
			case <-time.After(loadAgain):
				_, err = repo.Execute(ctx, e.Ref.ID, e.Event, e.Envelope)
			}
		}
	}
	if err != nil {
		s.o.cfg.Logger.Error("late news of an ended saga was not stored",
			slog.String("saga_name", e.Ref.Name), slog.String("saga_id", e.Ref.ID), slog.Any("error", err))
	}
}

// latePatience is how long news of a saga that has ended waits for the store.
const latePatience = time.Minute

// lateNews is the aggregate of a late stream: it takes every event as it comes.
type lateNews struct{}

// Decide returns the news itself.
func (*lateNews) Decide(news Event) ([]Event, error) { return []Event{news}, nil }

// Evolve has nothing to keep.
func (*lateNews) Evolve(Event) {}

// Status is what an orchestrator is doing.
type Status struct {
	// Running tells whether Run is active here; the other fields are zero when it is not.
	Running bool
	Counts
	// Untouched are open sagas that are left alone for want of a definition, SetAside those whose history cannot be used.
	Untouched []Excluded
	SetAside  []Excluded
}

// Status returns what the orchestrator is doing at this moment.
func (o *Orchestrator) Status(ctx context.Context) Status {
	var st Status
	looked := o.inspect(ctx, func(g *Engine) {
		st = Status{Running: true, Counts: g.Counts(), Untouched: g.Untouched(), SetAside: g.SetAside()}
	})
	if !looked {
		return Status{}
	}
	return st
}

func sortedNames(defs definitions) []string { return slices.Sorted(maps.Keys(defs)) }
