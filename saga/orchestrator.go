package saga

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
)

// Config is what an Orchestrator needs. Only Store is required; the zero value of every other field is a sensible
// default.
type Config struct {
	Store eventstore.Store
	// Definitions are the sagas that the orchestrator can start and run. It leaves sagas of other names alone.
	Definitions []AnyDefinition
	// Name tells this orchestrator's restart index from others'. Default "main". Letters, digits, "_" and ".".
	Name string
	// Workers limits how many attempts run at once. Default DefaultWorkers.
	Workers int
	// ShutdownGrace is how long running attempts may go on after Run's context ends, before their own contexts end.
	// Default 10 s; negative means not at all.
	ShutdownGrace time.Duration
	// Logger gets one line for each transition of a saga. Nil discards them.
	Logger *slog.Logger
	// Clock is the clock of all decisions. Nil means time.Now.
	Clock func() time.Time
	// Random draws jitter from [0,1). Nil means math/rand/v2. It is called from one goroutine at a time.
	Random func() float64
}

// Defaults of a Config.
const (
	DefaultName          = "main"
	DefaultShutdownGrace = 10 * time.Second
)

// Orchestrator runs sagas: it carries out the effects of an Engine on goroutines, and feeds the results back. All
// methods may be called concurrently.
type Orchestrator struct {
	cfg      Config
	defs     map[string]*compiled
	registry *eventstore.Registry

	mu      sync.Mutex
	repos   map[string]*repository
	active  *session // nil while Run is not active
	running bool
	// restoring is closed when Run has found the open sagas; nil while Run is not about to.
	restoring chan struct{}
	waiters   map[Ref][]chan *Instance
}

type repository = aggregate.Repository[*Instance, Command, Event]

// ErrRunning: Run was called while it runs.
var ErrRunning = errors.New("orchestrator is running already")

// New checks the config and reports everything that is wrong with it, and with every definition in it, at once. It
// starts nothing: call Run.
func New(cfg Config) (*Orchestrator, error) {
	defs, err := compileAll(cfg.Definitions)
	errs := []error{err}
	if cfg.Store == nil {
		errs = append(errs, errors.New("saga config: no Store"))
	}
	if cfg.Name == "" {
		cfg.Name = DefaultName
	}
	if err := validateName("saga config: Name", cfg.Name); err != nil {
		errs = append(errs, err)
	}
	if cfg.Workers < 0 {
		errs = append(errs, fmt.Errorf("saga config: Workers is %d, it must not be negative", cfg.Workers))
	}
	registry, err := NewRegistry()
	if err := errors.Join(append(errs, err)...); err != nil {
		return nil, err
	}
	if cfg.ShutdownGrace == 0 {
		cfg.ShutdownGrace = DefaultShutdownGrace
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if cfg.Random == nil {
		cfg.Random = rand.Float64
	}
	return &Orchestrator{
		cfg: cfg, defs: defs, registry: registry,
		repos: map[string]*repository{}, waiters: map[Ref][]chan *Instance{},
	}, nil
}

// repo returns the repository of all sagas of a name.
func (o *Orchestrator) repo(name string) (*repository, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if r := o.repos[name]; r != nil {
		return r, nil
	}
	r, err := aggregate.NewRepository[*Instance, Command, Event](aggregate.Config[*Instance]{
		Store: o.cfg.Store, Registry: o.registry, Category: Category(name), Clock: o.cfg.Clock,
		New: func(id string) *Instance { return NewInstance(Ref{Name: name, ID: id}) },
		// An append whose outcome is unknown must be repeated until it is known: fresh ids could store a decision twice,
		// and giving up would leave a saga without anyone who knows where it stands.
		AppendRepeats: int(^uint(0) >> 1),
	})
	if err == nil {
		o.repos[name] = r
	}
	return r, err
}

func (o *Orchestrator) session() *session {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.active
}

// Load returns the saga as its stream tells it now, a copy that the caller owns. Errors: ErrNotFound; ErrSetAside when
// its history cannot be used; those of the store.
func (o *Orchestrator) Load(ctx context.Context, name, id string) (*Instance, error) {
	loaded, err := o.load(ctx, Ref{Name: name, ID: id})
	return loaded.Aggregate, err
}

func (o *Orchestrator) load(ctx context.Context, ref Ref) (aggregate.Loaded[*Instance], error) {
	if err := ref.Validate(); err != nil {
		return aggregate.Loaded[*Instance]{}, err
	}
	repo, err := o.repo(ref.Name)
	if err != nil {
		return aggregate.Loaded[*Instance]{}, err
	}
	loaded, err := repo.Load(ctx, ref.ID)
	switch {
	case errors.Is(err, eventstore.ErrStreamNotFound):
		return loaded, fmt.Errorf("%s: %w", ref, ErrNotFound)
	case unusable(err):
		return loaded, fmt.Errorf("%s: %w: %w", ref, ErrSetAside, err)
	case err != nil:
		return loaded, err
	case loaded.Aggregate.fault != "":
		return loaded, fmt.Errorf("%s: %w: %s", ref, ErrSetAside, loaded.Aggregate.fault)
	}
	return loaded, nil
}

// unusable reports whether an error is a saga's own, so that others can go on.
func unusable(err error) bool {
	var decode *aggregate.DecodeError
	return errors.As(err, &decode) || errors.Is(err, aggregate.ErrChainBroken) || errors.Is(err, eventstore.ErrCorrupt)
}
