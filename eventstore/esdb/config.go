package esdb

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"github.com/skaldgo/skald/eventstore"
)

// Config says which server to use and how. Only URL is needed.
type Config struct {
	// URL is EventStoreDB's connection string, esdb://… or esdb+discover://…, with any of its options: credentials, several
	// hosts, tls, tlsVerifyCert, tlsCaFile, nodePreference, maxDiscoverAttempts, discoveryInterval, gossipTimeout,
	// keepAliveInterval, keepAliveTimeout, defaultDeadline, userCertFile, userKeyFile. An option that is not known, or
	// whose value makes no sense, is refused. No error repeats a password.
	URL string
	// CallTimeout is how long an append, or a page of a read, may take, the search for a node included. 0 means the
	// defaultDeadline of the URL, or 10 s.
	CallTimeout time.Duration
	// MaxHung is how many calls that hang inside the client library are left behind before further calls are refused
	// with ErrUnavailable. 0 means 64.
	MaxHung int
	// Logger is told at level debug what the client library says. Nil means that nobody is told.
	Logger *slog.Logger
}

// Validate reports everything that is wrong with the config, as ErrInvalid, without connecting to anything. It reads the
// certificates that the URL names. Open calls it.
func (c Config) Validate() error {
	var problems []error
	if _, err := c.client(); err != nil {
		problems = append(problems, err)
	}
	if c.CallTimeout < 0 {
		problems = append(problems, fmt.Errorf("call timeout %s is negative", c.CallTimeout))
	}
	if c.MaxHung < 0 {
		problems = append(problems, fmt.Errorf("max hung %d is negative", c.MaxHung))
	}
	if err := errors.Join(problems...); err != nil {
		return fmt.Errorf("%w: %w", err, eventstore.ErrInvalid)
	}
	return nil
}

func (c Config) withDefaults(config *esdb.Configuration) Config {
	if c.CallTimeout == 0 && config.DefaultDeadline != nil {
		c.CallTimeout = *config.DefaultDeadline
	}
	if c.CallTimeout == 0 {
		c.CallTimeout = 10 * time.Second
	}
	if c.MaxHung == 0 {
		c.MaxHung = 64
	}
	return c
}

// log is the library's logging function. Its errors are returned to whoever called, so here they are for debugging.
func (c Config) log(level esdb.LogLevel, format string, args ...any) {
	if c.Logger != nil {
		c.Logger.Debug("the EventStoreDB client says", "text", fmt.Sprintf(format, args...), "level", level)
	}
}
