package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// versionTable is the log's own, so that it does not meet that of a program which uses goose as well.
const versionTable = "skald_migrations"

// migrationLock keeps programs that open the log at the same time from migrating it at the same time.
func migrationLock(schema string) int64 { return advisoryKey("migrate", schema) }

// migrate makes the schema, or brings it up to date. Several processes may do so at once.
func migrate(ctx context.Context, sessions *sessions, schema string) (err error) {
	current, err := migrated(ctx, sessions)
	if err == nil && current == newest() {
		return nil
	}
	if current > newest() {
		return fmt.Errorf("it has version %d, this program knows %d: %w", current, newest(), ErrNewerSchema)
	}
	if err != nil && !errors.Is(err, ErrNotALog) {
		return err
	}
	db := stdlib.OpenDB(*sessions.config.ConnConfig.Copy())
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := makeSchema(ctx, db, schema); err != nil {
		return fmt.Errorf("make schema %s: %w", schema, err)
	}
	provider, err := newProvider(db, schema)
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}

// makeSchema does nothing when the schema exists. PostgreSQL's IF NOT EXISTS alone is not safe when two do it at once.
func makeSchema(ctx context.Context, db *sql.DB, schema string) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock($1)`, migrationLock(schema)); err != nil {
		return err
	}
	var exists bool
	if err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)`, schema).Scan(&exists); err != nil {
		return err
	}
	if exists {
		return nil
	}
	// The name is made of letters, digits and underscores.
	if _, err := tx.ExecContext(ctx, `CREATE SCHEMA `+schema); err != nil {
		return err
	}
	return tx.Commit()
}

func newProvider(db *sql.DB, schema string) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	versions, err := database.NewStore(database.DialectPostgres, versionTable)
	if err != nil {
		return nil, err
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockID(migrationLock(schema)), lock.WithLockTimeout(1, 60))
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(database.DialectCustom, db, files, goose.WithStore(versions), goose.WithSessionLocker(locker))
}

// migrated returns the version of the schema, and ErrNotALog when it holds nothing of ours.
func migrated(ctx context.Context, sessions *sessions) (version int64, err error) {
	conn, err := sessions.connect(ctx)
	if err != nil {
		return 0, err
	}
	defer hangUp(conn)
	var last *int64
	if err := conn.QueryRow(ctx, `SELECT max(version_id) FROM `+versionTable+` WHERE is_applied`).Scan(&last); err != nil {
		return 0, translate("find its version", err)
	}
	if last == nil {
		return 0, nil
	}
	return *last, nil
}

// newest is the version that the last of the migrations makes.
func newest() int64 {
	all := steps()
	return all[len(all)-1].version
}
