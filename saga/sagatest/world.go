package sagatest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

type (
	sagas = aggregate.Repository[*saga.Instance, saga.Command, saga.Event]
	lates = aggregate.Repository[lateNews, saga.Event, saga.Event]
)

// world is everything there is in one run: a clock, a log, orchestrators, clients and operators.
type world struct {
	subject
	inject   injector
	began    time.Time
	now      time.Time
	queue    queue
	store    *tape
	repo     *sagas
	prompt   *sagas // for starts, as the orchestrator has it: it gives up soon, because someone waits for the answer
	registry *eventstore.Registry
	late     *lates
	nodes    []*node
	workers  int
	clients  []*client
	log      []saga.EventSeen
	stored   map[eventstore.EventID]bool // by the first id of each append
	tasks    map[*task]struct{}
	current  *task
	ids      uint64
	chart    *chart // nil when nobody looks
	steps    int
	calls    int
	trouble  error // the first thing that must not be
}

// newWorld makes a world with a number of orchestrators that run already.
func newWorld(s subject, inject injector, nodes int) (*world, error) {
	began := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	w := &world{
		subject: s, inject: inject, began: began, now: began,
		stored: map[eventstore.EventID]bool{}, tasks: map[*task]struct{}{},
	}
	w.store = &tape{Store: memory.New(), w: w}
	registry, err := saga.NewRegistry()
	if err != nil {
		return nil, err
	}
	forEver := int(^uint(0) >> 1)
	w.registry = registry
	config := aggregate.Config[*saga.Instance]{
		Store: w.store, Registry: registry, Category: saga.Category(s.name), Clock: w.clock, NewEventID: w.eventID,
		New:           func(id string) *saga.Instance { return saga.NewInstance(saga.Ref{Name: s.name, ID: id}) },
		AppendRepeats: forEver, RepeatDelay: time.Nanosecond,
	}
	if w.repo, err = aggregate.NewRepository[*saga.Instance, saga.Command, saga.Event](config); err != nil {
		return nil, err
	}
	config.UnavailableRepeats = 7
	if w.prompt, err = aggregate.NewRepository[*saga.Instance, saga.Command, saga.Event](config); err != nil {
		return nil, err
	}
	w.late, err = aggregate.NewRepository[lateNews, saga.Event, saga.Event](aggregate.Config[lateNews]{
		Store: w.store, Registry: registry, Category: saga.LateCategoryPrefix + s.name, Clock: w.clock,
		NewEventID: w.eventID, New: func(string) lateNews { return lateNews{} },
		AppendRepeats: forEver, RepeatDelay: time.Nanosecond,
	})
	if err != nil {
		return nil, err
	}
	for i := range nodes {
		w.nodes = append(w.nodes, nil)
		if err := w.boot(i, 0); err != nil {
			return nil, err
		}
	}
	return w, nil
}

func (w *world) clock() time.Time { return w.now }

// eventID gives ids that are fresh in this world and the same in the next.
func (w *world) eventID() (eventstore.EventID, error) {
	w.ids++
	var id eventstore.EventID
	binary.BigEndian.PutUint64(id[8:], w.ids)
	return id, nil
}

// after lets something happen when a time has passed.
func (w *world) after(d time.Duration, happen func()) { w.queue.add(w.now.Add(d), happen) }

// rest lets things happen until nothing is left to happen, at most so many of them.
func (w *world) rest(limit int) {
	for range limit {
		next, more := w.queue.next()
		if !more || w.trouble != nil {
			return
		}
		w.now = next.at
		w.steps++
		next.happen()
	}
	w.blame(errors.New("it never comes to rest"))
}

func (w *world) blame(err error) {
	if w.trouble == nil {
		w.trouble = err
	}
}

// close ends what has not come to its end.
func (w *world) close() {
	for t := range w.tasks {
		t.stop()
	}
	_ = w.store.Close() // of a log in memory
}

// load reads a saga as the log tells it.
func (w *world) load(ref saga.Ref) (aggregate.Loaded[*saga.Instance], error) {
	loaded, err := w.repo.Load(context.Background(), ref.ID)
	var decode *aggregate.DecodeError
	switch {
	case errors.As(err, &decode), errors.Is(err, aggregate.ErrChainBroken), errors.Is(err, eventstore.ErrCorrupt):
		err = fmt.Errorf("%s: %w: %w", ref, saga.ErrSetAside, err)
	case err == nil && loaded.Aggregate.Fault() != "":
		err = fmt.Errorf("%s: %w: %s", ref, saga.ErrSetAside, loaded.Aggregate.Fault())
	}
	return loaded, err
}

// redrive does what an operator does for a saga that is parked; on one that has moved on meanwhile it does nothing.
func (w *world) redrive(ref saga.Ref) {
	w.spawn(nil, func() {
		loaded, err := w.load(ref)
		if err != nil {
			w.blame(fmt.Errorf("redrive: %w", err))
			return
		}
		events, err := loaded.Aggregate.Decide(saga.Redrive{
			Actor: "operator", Reason: "the cause is removed", SeenRevision: loaded.Head.Revision,
		})
		if errors.Is(err, saga.ErrNotParked) || errors.Is(err, saga.ErrEnded) {
			return
		}
		if err == nil {
			_, err = w.repo.Append(context.Background(), loaded.Head, events, aggregate.Envelope{
				CorrelationID: ref.String(), Actor: "operator", At: w.now,
			})
		}
		if err != nil && !errors.Is(err, eventstore.ErrConflict) {
			w.blame(fmt.Errorf("redrive: %w", err))
		}
	}, func() {})
}

// lateNews is the aggregate of a late stream: it takes every event as it comes.
type lateNews struct{}

// Decide returns the news itself.
func (lateNews) Decide(news saga.Event) ([]saga.Event, error) { return []saga.Event{news}, nil }

// Evolve has nothing to keep.
func (lateNews) Evolve(saga.Event) {}
