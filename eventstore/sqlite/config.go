package sqlite

import (
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/skaldgo/skald/eventstore"
)

// Config says which file to open and how. Only Path is needed.
type Config struct {
	// Path of the database file. It is created when it does not exist; its directory must exist.
	Path string
	// ReadOnly opens an existing log and never changes it: Append, Lock, LockShared and Lease give
	// eventstore.ErrDenied. It works while another process writes.
	ReadOnly bool
	// Readers is how many connections read at the same time. 0 means one for each processor, at least 2, at most 16.
	Readers int
	// CachedStreams is how many streams the store remembers, for appending and for reading. 0 means 65,536.
	CachedStreams int
	// PollInterval is how often a waiting subscription looks for commits of other processes. 0 means 50 ms.
	PollInterval time.Duration
	// BusyTimeout is how long an append, or a call of Lease, waits for another process that holds the write lock, before it
	// gives eventstore.ErrUnavailable. 0 means 10 s.
	BusyTimeout time.Duration
}

func (c Config) validate() error {
	var problems []error
	refuse := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf(format+": %w", append(args, eventstore.ErrInvalid)...))
	}
	switch c.Path {
	case "":
		refuse("no path")
	case ":memory:":
		refuse("path %q: a log in memory is eventstore/memory", c.Path)
	}
	if c.Readers < 0 {
		refuse("readers %d is negative", c.Readers)
	}
	if c.CachedStreams < 0 {
		refuse("cached streams %d is negative", c.CachedStreams)
	}
	if c.PollInterval < 0 {
		refuse("poll interval %s is negative", c.PollInterval)
	}
	if c.BusyTimeout < 0 {
		refuse("busy timeout %s is negative", c.BusyTimeout)
	}
	return errors.Join(problems...)
}

func (c Config) withDefaults() Config {
	if c.Readers == 0 {
		c.Readers = min(max(runtime.GOMAXPROCS(0), 2), 16)
	}
	if c.CachedStreams == 0 {
		c.CachedStreams = 65_536
	}
	if c.PollInterval == 0 {
		c.PollInterval = 50 * time.Millisecond
	}
	if c.BusyTimeout == 0 {
		c.BusyTimeout = 10 * time.Second
	}
	return c
}
