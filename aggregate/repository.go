package aggregate

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/skaldgo/skald/eventstore"
)

// Repository loads and changes the aggregates of one category. A is the aggregate, usually a pointer to a struct. It may
// be used by any number of goroutines.
type Repository[A Aggregate[C, E], C, E any] struct {
	cfg     Config[A]
	scratch sync.Pool // of *scratch
}

// NewRepository checks the config and reports everything that is wrong with it at once. The compiler infers the types of
// aggregate, command and event from the config:
//
//	aggregate.NewRepository(aggregate.Config[*Account]{…}) // a *Repository[*Account, Command, Event]
func NewRepository[A Aggregate[C, E], C, E any](cfg Config[A]) (*Repository[A, C, E], error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	cfg.setDefaults()
	r := &Repository[A, C, E]{cfg: cfg}
	r.scratch.New = func() any { return new(scratch) }
	return r, nil
}

// Stream returns the name of the stream that holds the aggregate with that id.
func (r *Repository[A, C, E]) Stream(id string) string { return r.cfg.Category + "-" + id }

// Loaded is an aggregate as its stream tells it.
type Loaded[A any] struct {
	Aggregate A
	// Head is where the stream ended when it was read: what an Append that goes on from here needs.
	Head Head
	// Fence is the highest token in the metadata of its events, 0 when there is none.
	Fence uint64
	// Chain says whether events are missing at the front or carry no hash. Neither is an error.
	Chain ChainReport
}

// Result tells what an Execute did.
type Result struct {
	Head   Head // where the stream ends now
	Events int  // number of events appended, 0 when there was nothing to do
	// Position is that of the last event appended, zero when none was, or when the store cannot tell it for an append
	// that had to be repeated.
	Position eventstore.Position
}

// Execute loads the aggregate, or makes a new one when its stream holds no event, lets it decide on the command and
// appends the events. An error of Decide is returned as it is, and nothing is appended.
//
// When the stream has moved in the meantime it is loaded again and decides again, with fresh event ids, at most
// Config.ConflictRetries times; then the conflict is returned. All other errors are those of Load and Append, and after
// all of them but eventstore.ErrIndeterminate nothing of this decision is stored.
func (r *Repository[A, C, E]) Execute(ctx context.Context, id string, command C, env Envelope) (Result, error) {
	for conflicts := 0; ; conflicts++ {
		f, err := r.fold(ctx, id)
		loaded := f.Loaded
		if errors.Is(err, eventstore.ErrStreamNotFound) {
			loaded = Loaded[A]{Aggregate: r.cfg.New(id), Head: NewHead(r.Stream(id))}
		} else if err != nil {
			return Result{}, err
		}
		events, err := loaded.Aggregate.Decide(command)
		if err != nil {
			return Result{}, err
		}
		if len(events) == 0 {
			return Result{Head: loaded.Head}, nil
		}
		head, position, err := r.append(ctx, loaded.Head, events, env)
		if err == nil {
			r.keep(ctx, &f) // what was loaded, not what was decided: only what can be read is kept
			return Result{Head: head, Events: len(events), Position: position}, nil
		}
		if !errors.Is(err, eventstore.ErrConflict) || conflicts >= r.cfg.ConflictRetries {
			return Result{}, err
		}
	}
}

// Envelope is what every event of one append says about itself beside its data.
type Envelope struct {
	CorrelationID string    // the conversation that the events belong to
	CausationID   string    // the message or event that caused them
	Actor         string    // who asked for them
	TraceParent   string    // as in W3C Trace Context
	TraceState    string    // as in W3C Trace Context
	Fence         uint64    // token of the writer's lease, 0 for none
	At            time.Time // the instant of the decision; zero means the clock of the config
}
