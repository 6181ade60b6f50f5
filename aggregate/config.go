package aggregate

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/skaldgo/skald/eventstore"
)

// Config is what a Repository needs. Store, Registry, Category and New are required.
type Config[A any] struct {
	Store    eventstore.Store
	Registry *eventstore.Registry // must know every event of the aggregate
	// Category is the part of the stream name before the id: no "-" in it, no "$" at its front.
	Category string
	// New returns the aggregate with that id before its first event.
	New func(id string) A

	// Clock gives the instant that events carry when the Envelope names none. Nil means time.Now.
	Clock func() time.Time
	// NewEventID gives a fresh id on every call. Nil means eventstore.NewEventID. Never derive ids from what is decided:
	// two writers that decide the same would both be told that they had won.
	NewEventID func() (eventstore.EventID, error)

	// ConflictRetries is how often Execute decides again after a conflict. 0 means 10, negative means never.
	ConflictRetries int
	// AppendRepeats is how often an identical append is repeated after eventstore.ErrIndeterminate or ErrUnavailable.
	// 0 means 7, negative means never.
	AppendRepeats int
	// UnavailableRepeats is how many of the repeats may follow ErrUnavailable while it is certain that nothing is stored.
	// 0 means AppendRepeats, negative means none.
	UnavailableRepeats int
	// OnRepeat is told before each repeat which stream waits, the number of the repeat from 1, and why. It is called by
	// the goroutine that appends, and must not block. Nil means nobody is told.
	OnRepeat func(stream string, repeat int, why error)
	// RepeatDelay is the pause before the first repeat; it doubles with each further one, up to one second (or up to
	// itself, if longer). 0 means 10 ms.
	RepeatDelay time.Duration

	// Snapshots keeps snapshots of aggregates with long streams; A must then be a Snapshotter. Nil means that every load
	// folds all events.
	Snapshots SnapshotStore
	// SnapshotEvery is how many events a load has to have folded before a snapshot is saved. 0 means DefaultSnapshotEvery.
	SnapshotEvery int
	// OnSnapshot is told of a snapshot that could not be used or saved, and why; the load or Execute goes on without. It is
	// called by the goroutine that loads, and must not block. Nil means nobody is told.
	OnSnapshot func(stream string, why error)
}

func (c *Config[A]) validate() error {
	var errs []error
	problem := func(bad bool, what string) {
		if bad {
			errs = append(errs, errors.New("aggregate config: "+what))
		}
	}
	problem(c.Store == nil, "no Store")
	problem(c.Registry == nil, "no Registry")
	problem(c.New == nil, "no New")
	problem(c.RepeatDelay < 0, "RepeatDelay is negative")
	problem(c.SnapshotEvery < 0, "SnapshotEvery is negative; for no snapshots leave Snapshots nil")
	var aggregate A
	if _, keeps := any(aggregate).(Snapshotter); c.Snapshots != nil && !keeps {
		problem(true, fmt.Sprintf("there are Snapshots, but %T is no Snapshotter", aggregate))
	}
	if c.Category == "" || strings.Contains(c.Category, "-") {
		problem(true, fmt.Sprintf("Category %q is empty or holds a \"-\"", c.Category))
	} else if err := eventstore.ValidateStreamName(c.Category + "-x"); err != nil {
		errs = append(errs, fmt.Errorf("aggregate config: Category: %w", err))
	}
	return errors.Join(errs...)
}

func (c *Config[A]) setDefaults() {
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.NewEventID == nil {
		c.NewEventID = eventstore.NewEventID
	}
	if c.ConflictRetries == 0 {
		c.ConflictRetries = 10
	}
	if c.AppendRepeats == 0 {
		c.AppendRepeats = 7
	}
	if c.UnavailableRepeats == 0 {
		c.UnavailableRepeats = c.AppendRepeats
	}
	if c.OnRepeat == nil {
		c.OnRepeat = func(string, int, error) {}
	}
	if c.SnapshotEvery == 0 {
		c.SnapshotEvery = DefaultSnapshotEvery
	}
	if c.OnSnapshot == nil {
		c.OnSnapshot = func(string, error) {}
	}
	if c.RepeatDelay == 0 {
		c.RepeatDelay = 10 * time.Millisecond
	}
}
