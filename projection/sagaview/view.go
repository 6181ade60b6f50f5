package sagaview

import (
	"errors"
	"fmt"
	"time"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/projection"
	"github.com/skaldgo/skald/saga"
)

// Name is the name of the projection.
const Name = "sagas"

// version is raised whenever tables or fold change.
const version = 6

// BatchSize is a good projection.Config.BatchSize for this projection: the events of one saga that fall into one batch
// cost one write.
const BatchSize = 10_000

// Defaults of a Config.
const (
	DefaultStartGrace = time.Minute
	DefaultStuckGrace = 30 * time.Second
)

// Config tunes the read model. Every field has a default. A change of either takes effect with the next rebuild.
type Config struct {
	// StartGrace is how long a saga may go without a running attempt before something should have started.
	// Default DefaultStartGrace.
	StartGrace time.Duration
	// StuckGrace is how far next_due may lie back before the saga counts as stuck. Default DefaultStuckGrace.
	StuckGrace time.Duration
}

// View is the projection. Hand it to a projection.Projector.
type View struct {
	startGrace time.Duration
	stuckGrace time.Duration
	registry   *eventstore.Registry
}

var _ projection.Projection = (*View)(nil)

// New checks the config and reports all its faults together.
func New(cfg Config) (*View, error) {
	var faults []error
	if cfg.StartGrace < 0 {
		faults = append(faults, fmt.Errorf("sagaview config: StartGrace is %s, it must not be negative", cfg.StartGrace))
	}
	if cfg.StuckGrace < 0 {
		faults = append(faults, fmt.Errorf("sagaview config: StuckGrace is %s, it must not be negative", cfg.StuckGrace))
	}
	registry, err := saga.NewRegistry()
	if err := errors.Join(append(faults, err)...); err != nil {
		return nil, err
	}
	if cfg.StartGrace == 0 {
		cfg.StartGrace = DefaultStartGrace
	}
	if cfg.StuckGrace == 0 {
		cfg.StuckGrace = DefaultStuckGrace
	}
	return &View{startGrace: cfg.StartGrace, stuckGrace: cfg.StuckGrace, registry: registry}, nil
}

// Spec describes the tables and views.
func (v *View) Spec() projection.Spec {
	return projection.Spec{
		Name: Name, Version: version,
		Filter: eventstore.Filter{StreamPrefixes: []string{saga.CategoryPrefix, saga.LateCategoryPrefix}},
		Tables: []projection.Table{sagasTable(), stepsTable(), parkedTable(), countsTable()},
		Views:  views(v.stuckGrace),
	}
}
