package esdb

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"github.com/skaldgo/skald/eventstore"
)

// Config says which server to use and how. Only URL is needed.
type Config struct {
	// URL is EventStoreDB's connection string, esdb://… or esdb+discover://…, with any of its options: credentials, several
	// hosts, tls, tlsVerifyCert, tlsCaFile, nodePreference, maxDiscoverAttempts, discoveryInterval, gossipTimeout,
	// keepAliveInterval, keepAliveTimeout, defaultDeadline, userCertFile, userKeyFile.
	URL string
	// CallTimeout is how long an append, or a page of a read, may take, the search for a node included. 0 means 10 s.
	CallTimeout time.Duration
	// MaxHung is how many calls that hang inside the client library are left behind before further calls are refused
	// with ErrUnavailable. 0 means 64.
	MaxHung int
	// Logger is told at level debug what the client library says. Nil means that nobody is told.
	Logger *slog.Logger
}

// Validate reports everything that is wrong with the config, as ErrInvalid, without connecting to anything. Open calls it.
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

func (c Config) withDefaults() Config {
	if c.CallTimeout == 0 {
		c.CallTimeout = 10 * time.Second
	}
	if c.MaxHung == 0 {
		c.MaxHung = 64
	}
	return c
}

// client makes the library's configuration, from its own defaults: without them it would never connect.
func (c Config) client() (*esdb.Configuration, error) {
	if c.URL == "" {
		return nil, errors.New("no URL: give one like esdb://user:password@host:2113")
	}
	// The library's errors repeat the URL, and with it the password.
	config, err := esdb.ParseConnectionString(c.URL)
	if err != nil {
		return nil, fmt.Errorf("URL: it is no connection string of EventStoreDB: %s", withoutSecret(err.Error(), c.URL))
	}
	if err := c.overlooked(config); err != nil {
		return nil, err
	}
	config.Logger = c.log
	return config, nil
}

// overlooked finds what the library would pass over in silence.
func (c Config) overlooked(config *esdb.Configuration) error {
	if config.DisableTLS && config.Username != "" {
		return errors.New("URL: credentials would not be sent with tls=false: leave them out, or use TLS")
	}
	_, query, _ := strings.Cut(c.URL, "?")
	options, err := url.ParseQuery(query)
	if err != nil {
		return errors.New("URL: its options cannot be read")
	}
	for key, values := range options {
		if !strings.EqualFold(key, "defaultDeadline") {
			continue
		}
		if ms, err := strconv.Atoi(values[0]); err != nil || ms <= 0 {
			return fmt.Errorf("URL: defaultDeadline is %q: give milliseconds from 1 on", values[0])
		}
	}
	return config.Validate()
}

func withoutSecret(text, from string) string {
	if _, rest, found := strings.Cut(from, "://"); found {
		if secret, _, found := strings.Cut(rest, "@"); found && secret != "" {
			text = strings.ReplaceAll(text, secret, "xxxxx")
		}
	}
	return text
}

// log is the library's logging function. Its errors are returned to whoever called, so here they are for debugging.
func (c Config) log(level esdb.LogLevel, format string, args ...any) {
	if c.Logger != nil {
		c.Logger.Debug("EventStoreDB client: "+fmt.Sprintf(format, args...), "level", level)
	}
}
