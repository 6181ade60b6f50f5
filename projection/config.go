package projection

import (
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/skaldgo/skald/eventstore"
)

// Config is what a Projector needs. Store, DB and Projection are required; the zero value of every other field is its
// default.
type Config struct {
	// Store is the log. When it is eventstore.Identified, the checkpoint is bound to its id. The caller closes it.
	Store eventstore.Store
	// DB is the read model's database, opened as packages sqlitedb and pgdb do. Status alone needs no right to write. The caller closes it.
	DB *sql.DB
	// Dialect is the kind of database that DB is. The default is SQLite.
	Dialect Dialect
	// Projection makes the read model.
	Projection Projection
	// OnPoison says what becomes of an event that cannot be applied. The default is StopOnPoison.
	OnPoison PoisonPolicy
	// AutoRebuild makes Run and CatchUp rebuild, instead of returning ErrRebuildNeeded, unless the read model was made by
	// a higher version of the projection.
	AutoRebuild bool
	// BatchSize is the number of events in one transaction at most, and in memory beside it. The default is 1,000. Large
	// events, over 4 KiB, are fewer: 8 MiB of them end a batch as well.
	BatchSize int
	// FlushInterval is how long events wait for company: when events come all the time, a transaction is committed each
	// interval or each BatchSize, whichever is first. An event that comes after a pause does not wait. The default is 50 ms.
	FlushInterval time.Duration
	// Heartbeat is how often the checkpoint row is written when there is nothing to apply. The default is 1 s.
	Heartbeat time.Duration
	// TakeOver makes Run and CatchUp take the read model over when they begin, from a projector that is live, which
	// stands by from then on. Without it they stand by while another one is live.
	TakeOver bool
	// Holder names this projector in the checkpoint row. The default is its process id and host.
	Holder string
	// Clock is the time put into the checkpoint row. The default is time.Now.
	Clock func() time.Time
	// Logger receives one line when the projector starts, stops, is moved or sets a stream aside. The default discards.
	Logger *slog.Logger
}

// PoisonPolicy is what a Projector does with an event that cannot be applied.
type PoisonPolicy uint8

const (
	// StopOnPoison ends the run with a PoisonError; every event before it has been applied.
	StopOnPoison PoisonPolicy = iota
	// QuarantineStream records the event in projection_quarantine and skips it and all later events of its stream, which
	// are counted there, until the stream is redriven or the projection is rebuilt.
	QuarantineStream
)

// Projector runs one projection. It keeps no state of its own between calls, so all methods may be called concurrently,
// here and in any number of other processes; of all calls of Run and CatchUp on a read model one is live.
type Projector struct {
	id    string // tells its tokens from those of others
	cfg   Config
	spec  Spec
	log   *slog.Logger
	clock func() time.Time
}

// New checks the configuration and reports all its faults together. It touches neither the log nor the database.
func New(cfg Config) (*Projector, error) {
	var faults []error
	fault := func(bad bool, text string) {
		if bad {
			faults = append(faults, errors.New(text))
		}
	}
	fault(cfg.Store == nil, "no Store")
	fault(cfg.DB == nil, "no DB")
	fault(cfg.Projection == nil, "no Projection")
	fault(cfg.Dialect > PostgreSQL, "unknown Dialect")
	fault(cfg.OnPoison > QuarantineStream, "unknown OnPoison")
	fault(cfg.BatchSize < 0, "BatchSize is negative")
	fault(cfg.FlushInterval < 0, "FlushInterval is negative")
	fault(cfg.Heartbeat < 0, "Heartbeat is negative")
	var spec Spec
	if cfg.Projection != nil {
		spec = cfg.Projection.Spec()
		if err := spec.Validate(); err != nil {
			faults = append(faults, err)
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, fmt.Errorf("projector: %w", err)
	}
	cfg.setDefaults()
	return &Projector{id: rand.Text(), cfg: cfg, spec: spec, log: cfg.Logger.With("projection", spec.Name), clock: cfg.Clock}, nil
}

func (c *Config) setDefaults() {
	if c.BatchSize == 0 {
		c.BatchSize = 1000
	}
	if c.FlushInterval == 0 {
		c.FlushInterval = 50 * time.Millisecond
	}
	if c.Heartbeat == 0 {
		c.Heartbeat = time.Second
	}
	if c.Holder == "" {
		host, err := os.Hostname()
		if err != nil {
			host = "unknown host"
		}
		c.Holder = fmt.Sprintf("process %d on %s", os.Getpid(), host)
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
}
