package saga

import (
	"fmt"
	"slices"
	"time"

	"github.com/skaldgo/skald/eventstore"
)

// EngineConfig is what an Engine needs.
type EngineConfig struct {
	// Definitions are those that the engine drives sagas of; it leaves all others alone. There may be several versions of one:
	// see Config.Definitions.
	Definitions []AnyDefinition
	// Workers limits how many attempts run at once. Default 1,024.
	Workers int
	// Actor goes into the metadata of every event that the engine decides by itself.
	Actor string
	// Shards divides the sagas for engines that share a store: this one drives those of the shards that LeasesChanged
	// tells it of, and none before. 0 means that it is the only one, and drives all.
	Shards int
	// Transitions makes the engine publish one Published for each event.
	Transitions bool
}

// DefaultWorkers is the number of attempts that run at once when none is configured.
const DefaultWorkers = 1024

// Engine is one plain state machine over all sagas in hand: inputs in, effects out. It has no goroutine, channel, clock,
// randomness or I/O, and its effects do not depend on map order, so that the orchestrator on goroutines and a
// simulator on a heap run the same code. It is not safe for concurrent use.
//
// Per saga at most one append is in flight. An instance evolves only after the acknowledgement of its append; inputs
// that arrive meanwhile go together into the next one. Safety comes from the expected revision of every append alone:
// an engine that has lost its saga to another finds out by the conflict, loads what is true, and lets go.
type Engine struct {
	cfg       EngineConfig
	defs      definitions
	sagas     map[Ref]*entry
	ownStarts map[Ref]struct{} // started here, and not yet seen in the log
	parents   map[Ref]Ref      // of the children that are waited for
	untouched map[Ref]string
	setAside  map[Ref]string
	shards    []shard
	foreign   map[Ref]struct{} // open sagas of shards that are not held
	free      int              // worker slots
	queue     []*entry         // waiting for a slot, oldest first
	ready     []*entry         // got a slot in this Handle
	stopping  bool
	cancelled bool
	counts    Counts
	effects   []Effect
	now       time.Time
}

// NewEngine checks the config and reports everything that is wrong with it at once.
func NewEngine(cfg EngineConfig) (*Engine, error) {
	defs, err := compileAll(cfg.Definitions)
	if err != nil {
		return nil, err
	}
	if cfg.Workers < 0 {
		return nil, fmt.Errorf("saga: Workers is %d, it must not be negative", cfg.Workers)
	}
	if cfg.Workers == 0 {
		cfg.Workers = DefaultWorkers
	}
	if cfg.Shards < 0 || cfg.Shards > eventstore.MaxShards {
		return nil, fmt.Errorf("saga: Shards is %d, it must be 0 to %d", cfg.Shards, eventstore.MaxShards)
	}
	return &Engine{
		cfg: cfg, defs: defs, free: cfg.Workers,
		sagas: map[Ref]*entry{}, ownStarts: map[Ref]struct{}{}, parents: map[Ref]Ref{},
		untouched: map[Ref]string{}, setAside: map[Ref]string{},
		shards: make([]shard, cfg.Shards), foreign: map[Ref]struct{}{},
	}, nil
}

// Handle takes one input at an instant and returns what is to be done, in order. The slice is valid until the next call.
func (g *Engine) Handle(now time.Time, input Input) []Effect {
	clear(g.effects)
	g.effects, g.now = g.effects[:0], now
	switch in := input.(type) {
	case StartRequested:
		g.startRequested(in)
	case SagaLoaded:
		g.sagaLoaded(in)
	case EventSeen:
		g.eventSeen(in)
	case EventsAppended:
		g.eventsAppended(in)
	case AppendConflicted:
		g.appendConflicted(in)
	case AppendRefused:
		g.appendRefused(in)
	case AttemptEnded:
		g.attemptEnded(in)
	case TimerFired:
		g.timerFired(in)
	case ChildSeen:
		g.childSeen(in)
	case SagasFound:
		g.sagasFound(in)
	case LeasesChanged:
		g.leasesChanged(in)
	case ReturnOverdue:
		g.returnOverdue()
	case StopRequested:
		g.stopping = true
	case GraceEnded:
		g.stopping, g.cancelled = true, true
		g.emit(CancelAttempts{})
	}
	for len(g.ready) > 0 {
		next := g.ready[0]
		g.ready = g.ready[1:]
		g.advance(next)
	}
	g.ready = nil
	return g.effects
}

// Drained reports whether no append, load or attempt is under way: after StopRequested the shell may end.
func (g *Engine) Drained() bool {
	return g.counts.busy == 0 && g.counts.Attempts == 0
}

// Open returns every saga that has not ended as far as the engine knows, those that it leaves alone included, in order
// of name and id.
func (g *Engine) Open() []Ref {
	refs := make([]Ref, 0, g.openAbout())
	for ref, e := range g.sagas {
		if !e.inst.state.Ended() { // one that is still being started or loaded may be open: one too many does no harm
			refs = append(refs, ref)
		}
	}
	for ref := range g.untouched {
		refs = append(refs, ref)
	}
	for ref := range g.setAside {
		refs = append(refs, ref)
	}
	for ref := range g.foreign {
		refs = append(refs, ref)
	}
	slices.SortFunc(refs, compareRefs)
	return slices.Compact(refs) // one that was left alone may be in hand again, to be looked at once more
}

// openAbout returns how many sagas Open returns, or a few more.
func (g *Engine) openAbout() int {
	return len(g.sagas) + len(g.untouched) + len(g.setAside) + len(g.foreign)
}

func (g *Engine) emit(e Effect) { g.effects = append(g.effects, e) }
