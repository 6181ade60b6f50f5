package storeurl

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/esdb"
	"github.com/skaldgo/skald/eventstore/postgres"
	"github.com/skaldgo/skald/eventstore/sqlite"
)

// Kind is the kind of store that a URL names.
type Kind string

// The kinds of store.
const (
	Memory   Kind = "memory"
	SQLite   Kind = "sqlite"
	Postgres Kind = "postgres"
	ESDB     Kind = "esdb"
)

// Target is what a URL names. Of the configs only the one that Kind says is set.
type Target struct {
	Kind     Kind
	SQLite   sqlite.Config
	Postgres postgres.Config
	ESDB     esdb.Config
}

// ReadOnly returns the same target, opened for reading only. Memory and EventStoreDB have no such thing.
func (t Target) ReadOnly() Target {
	t.SQLite.ReadOnly, t.Postgres.ReadOnly = true, true
	return t
}

// Parse reads a store URL without opening anything. All that is wrong with it is reported together, as ErrInvalid.
func Parse(text string) (Target, error) {
	u, err := url.Parse(text)
	if err != nil && (strings.HasPrefix(text, "esdb://") || strings.HasPrefix(text, "esdb+discover://")) {
		return parseESDB(text) // several hosts are no URL
	}
	if err != nil {
		// The driver's error repeats the URL, and with it a password.
		return Target{}, fmt.Errorf("store URL: it cannot be read as a URL; write special characters as %%23 and the like: %w",
			eventstore.ErrInvalid)
	}
	switch u.Scheme {
	case "memory":
		return parseMemory(u)
	case "sqlite":
		return parseSQLite(u)
	case "postgres", "postgresql":
		return parsePostgres(u)
	case "esdb", "esdb+discover":
		return parseESDB(text)
	case "":
		return Target{}, fmt.Errorf("store URL: it names no kind of store; write for instance sqlite:events.db: %w",
			eventstore.ErrInvalid)
	}
	return Target{}, fmt.Errorf("store URL: %q is no kind of store; known are memory, sqlite, postgres and esdb: %w",
		u.Scheme, eventstore.ErrInvalid)
}

func parseMemory(u *url.URL) (Target, error) {
	if u.Opaque != "" || u.Host != "" || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return Target{}, fmt.Errorf("store URL: memory: stands alone: %w", eventstore.ErrInvalid)
	}
	return Target{Kind: Memory}, nil
}

func parseSQLite(u *url.URL) (Target, error) {
	path := u.Path
	var problems []error
	if u.Opaque != "" {
		var err error
		if path, err = url.PathUnescape(u.Opaque); err != nil {
			problems = append(problems, fmt.Errorf("path %q: %w", u.Opaque, err))
		}
	}
	if u.Host != "" || u.User != nil {
		problems = append(problems, errors.New("a file has no host: write sqlite:relative/path or sqlite:///absolute/path"))
	}
	if path == "" || strings.Contains(path, "\x00") {
		problems = append(problems, errors.New("it names no file"))
	}
	p := newParameters(u)
	cfg := sqlite.Config{Path: path, ReadOnly: p.boolean("read_only")}
	if err := errors.Join(append(problems, p.rest()...)...); err != nil {
		return Target{}, fmt.Errorf("store URL: %w: %w", eventstore.ErrInvalid, err)
	}
	return Target{Kind: SQLite, SQLite: cfg}, nil
}

// parseESDB leaves the whole connection string to the driver, which has options of its own.
func parseESDB(text string) (Target, error) {
	cfg := esdb.Config{URL: text}
	if err := cfg.Validate(); err != nil {
		return Target{}, fmt.Errorf("store URL: %w", err)
	}
	return Target{Kind: ESDB, ESDB: cfg}, nil
}

func parsePostgres(u *url.URL) (Target, error) {
	p := newParameters(u)
	cfg := postgres.Config{
		Schema: p.text("schema"), ReadOnly: p.boolean("read_only"), NoMigration: p.boolean("no_migration"),
	}
	rest := *u
	rest.RawQuery = p.values.Encode()
	cfg.URL = rest.String()
	if err := errors.Join(append(p.problems, cfg.Validate())...); err != nil {
		return Target{}, fmt.Errorf("store URL: %w: %w", eventstore.ErrInvalid, err)
	}
	return Target{Kind: Postgres, Postgres: cfg}, nil
}

// parameters are those of a URL's query, from which each one that is understood is taken out.
type parameters struct {
	values   url.Values
	problems []error
}

func newParameters(u *url.URL) *parameters {
	p := &parameters{}
	var err error
	if p.values, err = url.ParseQuery(u.RawQuery); err != nil {
		p.problems = append(p.problems, errors.New("its parameters cannot be read: write special characters as %23 and the like"))
	}
	if u.Fragment != "" {
		p.problems = append(p.problems, errors.New("it ends with a fragment: write # as %23"))
	}
	return p
}

func (p *parameters) text(name string) string {
	given := p.values[name]
	delete(p.values, name)
	if len(given) > 1 {
		p.problems = append(p.problems, fmt.Errorf("parameter %s is given %d times", name, len(given)))
	}
	if len(given) == 0 {
		return ""
	}
	return given[0]
}

func (p *parameters) boolean(name string) bool {
	text := p.text(name)
	if text == "" {
		return false
	}
	value, err := strconv.ParseBool(text)
	if err != nil {
		p.problems = append(p.problems, fmt.Errorf("parameter %s is %q: write true or false", name, text))
	}
	return value
}

// rest returns all problems, with one for each parameter that nobody has taken.
func (p *parameters) rest() []error {
	for _, name := range slices.Sorted(maps.Keys(p.values)) {
		p.problems = append(p.problems, fmt.Errorf("parameter %q is not known", name))
	}
	return p.problems
}
