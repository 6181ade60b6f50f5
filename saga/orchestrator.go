package saga

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
)

// Config is what an Orchestrator needs. Only Store is required; the zero value of every other field is a sensible
// default.
type Config struct {
	Store eventstore.Store
	// Definitions are the sagas that the orchestrator can start and run. It leaves sagas of other names alone.
	//
	// Of one definition several versions can be registered, each once, in any order. Sagas are started with the highest. One
	// that there is goes on by the plan in its history, with the functions of the version that it was started with, or
	// migrated to; where that is not registered, with those of the next version above it, found by the names of the steps:
	// a function that is not there parks the saga where it is needed. A saga of a version above all is left alone.
	Definitions []AnyDefinition
	// Name tells this orchestrator's restart index from others'. Default "main". Letters, digits, "_" and ".".
	Name string
	// LeaseTTL, when it is positive, lets several orchestrators share the sagas of one store, each with the same LeaseTTL and
	// Shards. The store must be an eventstore.Leaser. Sagas are divided into shards, which are leased for LeaseTTL and renewed
	// three times within it; the shards of one that stops renewing are taken over within two of them, those of one that is
	// stopped at once. Zero means that this orchestrator is the only one, with leases or without; Run refuses to be another one
	// on a store with locks.
	LeaseTTL time.Duration
	// Shards is how many there are. Default DefaultShards. It can be changed while no orchestrator runs.
	Shards int
	// Workers limits how many attempts run at once. Default DefaultWorkers.
	Workers int
	// ShutdownGrace is how long running attempts may go on after Run's context ends, before their own contexts end.
	// Default 10 s; negative means not at all.
	ShutdownGrace time.Duration
	// SnapshotEvery is after how many events of a saga its state is kept in the stream "snapshot:<its stream>", so that a saga
	// with a long history is loaded fast. Shorter sagas cost nothing. Default aggregate.DefaultSnapshotEvery; negative means
	// never. It makes no other difference: see aggregate.Config.Snapshots.
	SnapshotEvery int
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
	defs     definitions
	registry *eventstore.Registry

	mu      sync.Mutex
	repos   map[string]repositories
	active  *session // nil while Run is not active
	running bool
	// restoring is closed when Run has found the open sagas; nil while Run is not about to.
	restoring chan struct{}

	complained atomic.Int64 // when waits last wrote, in nanoseconds
	waiters    map[Ref][]chan *Instance
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
	errs = append(errs, cfg.checkSharing())
	registry, err := NewRegistry()
	if err := errors.Join(append(errs, err)...); err != nil {
		return nil, err
	}
	if cfg.ShutdownGrace == 0 {
		cfg.ShutdownGrace = DefaultShutdownGrace
	}
	if cfg.Shards == 0 {
		cfg.Shards = DefaultShards
	}
	if cfg.SnapshotEvery == 0 {
		cfg.SnapshotEvery = aggregate.DefaultSnapshotEvery
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
		repos: map[string]repositories{}, waiters: map[Ref][]chan *Instance{},
	}, nil
}

// DefaultLeaseTTL is a LeaseTTL to begin with.
const DefaultLeaseTTL = 10 * time.Second

func (cfg *Config) checkSharing() error {
	var errs []error
	if cfg.LeaseTTL < 0 || cfg.LeaseTTL > 0 && cfg.LeaseTTL < eventstore.MinLeaseTTL {
		errs = append(errs, fmt.Errorf("saga config: LeaseTTL is %v, it must be 0 or at least %v", cfg.LeaseTTL, eventstore.MinLeaseTTL))
	}
	if cfg.Shards < 0 || cfg.Shards > eventstore.MaxShards {
		errs = append(errs, fmt.Errorf("saga config: Shards is %d, it must be 0 to %d", cfg.Shards, eventstore.MaxShards))
	}
	if _, leases := cfg.Store.(eventstore.Leaser); cfg.LeaseTTL > 0 && cfg.Store != nil && !leases {
		errs = append(errs, fmt.Errorf("saga config: LeaseTTL is %v, but the store %T has no leases", cfg.LeaseTTL, cfg.Store))
	}
	return errors.Join(errs...)
}

// shares reports whether other orchestrators may run sagas of the same store.
func (o *Orchestrator) shares() bool { return o.cfg.LeaseTTL > 0 }

// repositories of the sagas of one name differ in what they do while the store is unavailable.
type repositories struct {
	// patient, with which sagas are loaded, repeats an append until its outcome is known: fresh ids could store a decision twice, and giving up would
	// leave a saga without anyone who knows where it stands.
	patient *repository
	// prompt gives up soon when it is certain that nothing was stored: someone waits for the answer.
	prompt *repository
}

// promptRepeats takes about a second and a half.
const promptRepeats = 7

// repo returns the repositories of all sagas of a name.
func (o *Orchestrator) repo(name string) (repositories, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if r, made := o.repos[name]; made {
		return r, nil
	}
	cfg := aggregate.Config[*Instance]{
		Store: o.cfg.Store, Registry: o.registry, Category: Category(name), Clock: o.cfg.Clock,
		New:           func(id string) *Instance { return NewInstance(Ref{Name: name, ID: id}) },
		AppendRepeats: math.MaxInt, OnRepeat: o.waits,
	}
	prompt := cfg
	prompt.UnavailableRepeats = promptRepeats
	if o.cfg.SnapshotEvery > 0 {
		cfg.Snapshots, cfg.OnSnapshot = aggregate.NewStreamSnapshots(o.cfg.Store), o.withoutSnapshot
		cfg.SnapshotEvery = max(o.cfg.SnapshotEvery*3/4, 1) // keepLong comes a few events earlier or later
	}
	patient, err := aggregate.NewRepository[*Instance, Command, Event](cfg)
	if err != nil {
		return repositories{}, err
	}
	hasty, err := aggregate.NewRepository[*Instance, Command, Event](prompt)
	if err != nil {
		return repositories{}, err
	}
	o.repos[name] = repositories{patient: patient, prompt: hasty}
	return o.repos[name], nil
}

// waits says in the log of the process, once in a while, that the store does not take what it should.
func (o *Orchestrator) waits(stream string, repeat int, why error) {
	const quiet = 10 * time.Second
	now := o.cfg.Clock().UnixNano()
	last := o.complained.Load()
	if repeat < promptRepeats || now-last < int64(quiet) || !o.complained.CompareAndSwap(last, now) {
		return
	}
	o.cfg.Logger.Warn("the store does not take appends, they are repeated until it does",
		slog.String("stream", stream), slog.Int("repeats", repeat), slog.Any("error", why))
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
	loaded, err := repo.patient.Load(ctx, ref.ID)
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
