package postgres

import (
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/skaldgo/skald/eventstore"
)

// Config says where the log is and how to use it. Only URL is needed.
type Config struct {
	// URL is a PostgreSQL connection string: a URL or key=value pairs, as psql takes them. What it leaves out comes from
	// the PG* variables of the environment. For several hosts add target_session_attrs=read-write.
	URL string
	// Schema holds the tables. Empty means "skald". One database can hold many logs in schemas of their own.
	Schema string
	// ReadOnly never changes anything: Append, Lock, LockShared and Lease give eventstore.ErrDenied, and Open does not migrate. It works on
	// a replica.
	ReadOnly bool
	// NoMigration makes Open refuse a schema that is not up to date, where it would otherwise bring it up to date. It is
	// for roles that may not create tables; see MigrationSQL.
	NoMigration bool
	// Readers is how many connections read at the same time. 0 means 4 or the number of processors, if that is more.
	Readers int
	// CachedStreams is how many streams the writer remembers. 0 means 65,536.
	CachedStreams int
	// PollInterval is how often a waiting subscription looks by itself. 0 means 250 ms.
	PollInterval time.Duration
	// CallTimeout is how long a transaction or a query may take, waiting for the lock of another process included, until
	// its connection is given up. 0 means 10 s.
	CallTimeout time.Duration
}

// schemaName is what needs no quotes, and cannot be a place for SQL.
var schemaName = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)

// Validate reports everything that is wrong with the config, as ErrInvalid, without connecting to anything. Open calls it.
func (c Config) Validate() error {
	var problems []error
	refuse := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf(format+": %w", append(args, eventstore.ErrInvalid)...))
	}
	if c.URL == "" {
		refuse("no URL: give one like postgres://user@host/database")
	} else if _, err := pgxpool.ParseConfig(c.URL); err != nil {
		// The driver's own words, in which it blacks out the password.
		refuse("URL: %v", err)
	}
	if c.Schema != "" && !schemaName.MatchString(c.Schema) {
		refuse("schema %q is not made of lower-case letters, digits and '_', or is over 63 characters", c.Schema)
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
	if c.CallTimeout < 0 {
		refuse("call timeout %s is negative", c.CallTimeout)
	}
	return errors.Join(problems...)
}

func (c Config) withDefaults() Config {
	if c.Schema == "" {
		c.Schema = "skald"
	}
	if c.CachedStreams == 0 {
		c.CachedStreams = 65_536
	}
	if c.PollInterval == 0 {
		c.PollInterval = 250 * time.Millisecond
	}
	if c.CallTimeout == 0 {
		c.CallTimeout = 10 * time.Second
	}
	return c
}
