package pgdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"runtime"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/skaldgo/skald/projection"
)

// idleInTransaction is how long a transaction may wait for its program.
const idleInTransaction = "10s"

// DefaultSchema holds read models unless the caller names another schema.
const DefaultSchema = "skald_views"

// DB is one schema of a database. Both pools may be used concurrently.
type DB struct {
	// Write is for projectors. It is nil when the schema was opened for reading only.
	Write *sql.DB
	// Read cannot write. A transaction on it sees one state of the database.
	Read *sql.DB
}

// Dialect is what projection.Config has to be told.
func (db *DB) Dialect() projection.Dialect { return projection.PostgreSQL }

var schemaName = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)

// Open opens the schema, and makes it when it does not exist. The URL is one of PostgreSQL's, as psql takes it; an empty
// schema means DefaultSchema. Commits do not wait for the disk (synchronous_commit=off): after the death of the server the
// last transactions may be gone, each as a whole, which a projection makes good from the log. A transaction in which nothing
// is asked of the server for 10 s is ended by it, so that a process that stands still does not keep others from writing.
func Open(ctx context.Context, url, schema string) (*DB, error) {
	if schema == "" {
		schema = DefaultSchema
	}
	write, err := pool(ctx, url, schema, map[string]string{
		"synchronous_commit": "off", "idle_in_transaction_session_timeout": idleInTransaction,
	})
	if err != nil {
		return nil, err
	}
	// Two who make it at once are told apart by the lock. The name is made of letters, digits and underscores.
	_, err = write.ExecContext(ctx, `DO $$ BEGIN
		PERFORM pg_advisory_xact_lock(hashtext('skald make schema'));
		CREATE SCHEMA IF NOT EXISTS `+schema+`; END $$`)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make schema %s for read models: %w", schema, err), write.Close())
	}
	db, err := OpenReadOnly(ctx, url, schema)
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	db.Write = write
	return db, nil
}

// OpenReadOnly opens the schema and never writes to it, so that it can be used beside a projector that is live, and on a
// replica.
func OpenReadOnly(ctx context.Context, url, schema string) (*DB, error) {
	if schema == "" {
		schema = DefaultSchema
	}
	read, err := pool(ctx, url, schema, map[string]string{
		"default_transaction_read_only": "on", "default_transaction_isolation": "repeatable read",
	})
	if err != nil {
		return nil, err
	}
	return &DB{Read: read}, nil
}

// Close closes both pools.
func (db *DB) Close() error {
	err := db.Read.Close()
	if db.Write != nil {
		err = errors.Join(err, db.Write.Close())
	}
	return err
}

func pool(ctx context.Context, url, schema string, settings map[string]string) (*sql.DB, error) {
	if !schemaName.MatchString(schema) {
		return nil, fmt.Errorf("schema %q for read models is not made of lower-case letters, digits and '_', or is over 63 characters", schema)
	}
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("URL of the read model database: %w", err)
	}
	config.RuntimeParams["search_path"] = schema
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "skald read models"
	}
	maps.Copy(config.RuntimeParams, settings)
	// A rebuild replaces tables under their names, after which a prepared statement may not fit any more: this mode
	// prepares per transaction what is asked for, and remembers no more than the types of parameters.
	config.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(max(4, runtime.NumCPU()))
	db.SetMaxIdleConns(max(4, runtime.NumCPU()))
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open read model database: %w", err), db.Close())
	}
	return db, nil
}
