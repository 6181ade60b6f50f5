package sagatest

import (
	"time"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

type (
	sagas  = aggregate.Repository[*saga.Instance, saga.Command, saga.Event]
	lates  = aggregate.Repository[lateNews, saga.Event, saga.Event]
	newers = aggregate.Repository[*newerSaga, saga.Event, saga.Event]
)

// stage is what worlds that follow each other share, because it takes time to make. It belongs to one goroutine.
type stage struct {
	registry *eventstore.Registry
	later    *eventstore.Registry // that of a program which knows one event more
	crew     crew
	// assemble makes the engine of an orchestrator.
	assemble func(saga.EngineConfig) (machine, error)
	// granter makes the lease service; nil means that it is as those of the stores.
	granter func() granter
	// office makes the store of a program that migrates of the one of the world; nil means that they are the same.
	office func(eventstore.Store) eventstore.Store
	// tardy: orchestrators reckon the time of their leases from the answer, which is a defect.
	tardy bool

	store   tape              // of the world at hand
	shelves map[string]*shelf // by the name of the sagas
}

// shelf is the repositories for the sagas of one name.
type shelf struct {
	repo   *sagas // tries for ever
	prompt *sagas // tells soon that the store is unavailable
	late   *lates
	newer  *newers
}

func newStage() (*stage, error) {
	memo, err := newMemo()
	if err != nil {
		return nil, err
	}
	later, err := saga.NewRegistry()
	if err != nil {
		return nil, err
	}
	if err := eventstore.Register[poison](later, typePoison); err != nil {
		return nil, err
	}
	return &stage{
		registry: memo.Registry, later: later, shelves: map[string]*shelf{},
		assemble: func(c saga.EngineConfig) (machine, error) { return saga.NewEngine(c) },
	}, nil
}

// enter makes ready for a world.
func (st *stage) enter(w *world) error {
	st.store = tape{Store: w.log, w: w}
	for _, name := range w.names {
		if st.shelves[name] != nil {
			continue
		}
		made, err := st.newShelf(name)
		if err != nil {
			return err
		}
		st.shelves[name] = made
	}
	return nil
}

// of returns the repositories of a saga.
func (st *stage) of(ref saga.Ref) *shelf { return st.shelves[ref.Name] }

func (st *stage) newShelf(name string) (*shelf, error) {
	const forEver = int(^uint(0) >> 1)
	clock := func() time.Time { return st.store.w.now }
	eventID := func() (eventstore.EventID, error) { return st.store.w.eventID(), nil }
	config := aggregate.Config[*saga.Instance]{
		Store: &st.store, Registry: st.registry, Category: saga.Category(name), Clock: clock, NewEventID: eventID,
		New:           func(id string) *saga.Instance { return saga.NewInstance(saga.Ref{Name: name, ID: id}) },
		AppendRepeats: forEver, RepeatDelay: time.Nanosecond,
	}
	var made shelf
	var err error
	if made.repo, err = aggregate.NewRepository[*saga.Instance, saga.Command, saga.Event](config); err != nil {
		return nil, err
	}
	config.UnavailableRepeats = 7 // as the orchestrator has it
	if made.prompt, err = aggregate.NewRepository[*saga.Instance, saga.Command, saga.Event](config); err != nil {
		return nil, err
	}
	made.late, err = aggregate.NewRepository[lateNews, saga.Event, saga.Event](aggregate.Config[lateNews]{
		Store: &st.store, Registry: st.registry, Category: saga.LateCategoryPrefix + name, Clock: clock,
		NewEventID: eventID, New: func(string) lateNews { return lateNews{} },
		AppendRepeats: forEver, RepeatDelay: time.Nanosecond,
	})
	if err != nil {
		return nil, err
	}
	made.newer, err = aggregate.NewRepository[*newerSaga, saga.Event, saga.Event](aggregate.Config[*newerSaga]{
		Store: &st.store, Registry: st.later, Category: saga.Category(name), Clock: clock, NewEventID: eventID,
		New: func(string) *newerSaga { return &newerSaga{} },
	})
	return &made, err
}

// lateNews is the aggregate of a late stream: it takes every event as it comes.
type lateNews struct{}

// Decide returns the news itself.
func (lateNews) Decide(news saga.Event) ([]saga.Event, error) { return []saga.Event{news}, nil }

// Evolve has nothing to keep.
func (lateNews) Evolve(saga.Event) {}
