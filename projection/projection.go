package projection

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/skaldgo/skald/eventstore"
)

// Projection makes one read model. Its methods are called by one goroutine at a time for each run; a rebuild beside a
// live run in the same process calls them concurrently with it, on other tables.
type Projection interface {
	// Spec says what the projection is called and which tables it keeps. It returns the same each time.
	Spec() Spec

	// Apply changes the tables by events that follow each other in the log, at least one. It runs in the transaction
	// that moves the checkpoint: when it returns an error or panics, nothing of the batch remains, and the events come
	// again one at a time, to find the one that cannot be applied. So what Apply does depends on the events and on the
	// tables alone: state kept in memory between two calls would not fall back with the transaction, and the size of a
	// batch means nothing. It sends nothing and writes nowhere else, because a rebuild applies every event again.
	//
	// The slice is reused after Apply returns; the events in it may be kept. The transaction must not be.
	Apply(ctx context.Context, tx *Tx, events []eventstore.RecordedEvent) error
}

// Spec describes a projection.
type Spec struct {
	// Name identifies the projection and its checkpoint. Lower-case letters, digits and underscores.
	Name string
	// Version is raised whenever tables, filter or the meaning of Apply change. A read model of another version is not
	// written to: it needs a rebuild. At least 1.
	Version int
	// Filter chooses the events to apply; the zero value chooses all.
	Filter eventstore.Filter
	// Tables are created and dropped by the Projector. At least one.
	Tables []Table
	// Views over the tables for people to query. They are made anew by every rebuild.
	Views []View
}

// Table is one table of a read model. Foreign keys between tables are not supported: a rebuild renames tables.
type Table struct {
	// Name is what readers call the table. Lower-case letters, digits and underscores; SQL for Apply writes it in braces.
	Name string
	// Columns is what stands between the parentheses of CREATE TABLE: columns and constraints. INTEGER and TEXT are
	// translated for PostgreSQL, see [Dialect].
	Columns string
	// Options is what stands after them in SQLite, for instance "WITHOUT ROWID". PostgreSQL has no need of them.
	Options string
	// Indexes are created with the table.
	Indexes []Index
}

// Index is a secondary index. In the database its name carries a number that changes with each rebuild.
type Index struct {
	Name   string
	Unique bool
	// On is what stands between the parentheses of CREATE INDEX.
	On string
	// Where makes a partial index when it is not empty.
	Where string
}

// View is a named query.
type View struct {
	Name string
	// Query is a SELECT; it may name the tables in braces or plainly.
	Query string
}

// identifier leaves room for the suffixes of a rebuild within the 63 bytes that PostgreSQL allows.
var identifier = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,47}$`)

// Validate reports all faults of the description together.
func (s Spec) Validate() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	taken := map[string]bool{checkpointTable: true, quarantineTable: true, runnerTable: true}
	name := func(kind, name string) {
		switch {
		case !identifier.MatchString(name):
			fault("%s name %q is not 1 to 48 lower-case letters, digits and underscores", kind, name)
		case strings.HasSuffix(name, rebuildSuffix):
			fault("%s name %q ends with %s, which is reserved", kind, name, rebuildSuffix)
		case taken[name]:
			fault("%s name %q is used twice or reserved", kind, name)
		}
		taken[name] = true
	}
	if !identifier.MatchString(s.Name) {
		fault("name %q is not 1 to 48 lower-case letters, digits and underscores", s.Name)
	}
	if s.Version < 1 {
		fault("version %d is below 1", s.Version)
	}
	if err := s.Filter.Validate(); err != nil {
		faults = append(faults, err)
	}
	if len(s.Tables) == 0 {
		fault("no tables")
	}
	for _, t := range s.Tables {
		name("table", t.Name)
		if strings.TrimSpace(t.Columns) == "" {
			fault("table %q has no columns", t.Name)
		}
		for _, i := range t.Indexes {
			name("index", i.Name)
			if strings.TrimSpace(i.On) == "" {
				fault("index %q is on nothing", i.Name)
			}
		}
	}
	for _, v := range s.Views {
		name("view", v.Name)
		if strings.TrimSpace(v.Query) == "" {
			fault("view %q has no query", v.Name)
		}
	}
	if len(faults) > 0 {
		return fmt.Errorf("projection %q: %w", s.Name, errors.Join(faults...))
	}
	return nil
}
