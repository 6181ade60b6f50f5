package order

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

//go:embed schema.sql
var schema string

// ErrNotServices: the file is a database, but not one of these services, or one of a newer program.
var ErrNotServices = errors.New("not the services' database")

const (
	applicationID = 0x534b4f53
	schemaVersion = 1
	busyTimeout   = 10 * time.Second
)

// Config opens Services.
type Config struct {
	// Path is the SQLite file, made when it is missing. Required.
	Path string
	// Products are what the inventory has. Default Catalogue(). Those that the file already knows stay as they are.
	Products []Product
}

// Validate reports every fault of the config at once, or nil.
func (c Config) Validate() error {
	var faults []error
	if c.Path == "" {
		faults = append(faults, errors.New("path is missing"))
	}
	for _, p := range c.Products {
		if p.SKU == "" || p.Stock < 0 || p.Refill < 0 {
			faults = append(faults, fmt.Errorf("product %q: it needs a SKU, and stock (%d) and refill (%d) of 0 or more",
				p.SKU, p.Stock, p.Refill))
		}
	}
	return errors.Join(faults...)
}

// Services are inventory, payments, shipping and notifications over one SQLite file. They may be called from any number
// of goroutines, and several processes may have the same file open. Their methods are the [Steps] of the saga.
type Services struct {
	db         *sql.DB
	path       string
	statements map[string]*sql.Stmt
}

// Open opens the services, and makes and stocks their file when it is missing.
func Open(ctx context.Context, config Config) (*Services, error) {
	if err := config.Validate(); err != nil {
		return nil, fmt.Errorf("config of the services: %w", err)
	}
	if config.Products == nil {
		config.Products = Catalogue()
	}
	if info, err := os.Stat(config.Path); err == nil && info.IsDir() {
		return nil, fmt.Errorf("open the services' database %s: it is a directory", config.Path)
	}
	db, err := openDB(config.Path, "rwc")
	if err != nil {
		return nil, fmt.Errorf("open the services' database %s: %w", config.Path, err)
	}
	s := &Services{db: db, path: config.Path, statements: map[string]*sql.Stmt{}}
	if err := s.prepare(ctx, config.Products); err != nil {
		return nil, errors.Join(fmt.Errorf("open the services' database %s: %w", config.Path, err), db.Close())
	}
	return s, nil
}

// Close closes the file. Calls that are still running get an error.
func (s *Services) Close() error {
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("close the services' database %s: %w", s.path, err)
	}
	return nil
}

// openDB opens the file with one connection: SQLite has one writer at a time, and waiting for it here is fair and cheap.
func openDB(path, mode string) (*sql.DB, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	query := url.Values{"mode": {mode}, "_txlock": {"immediate"}, "_pragma": {
		fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()), "foreign_keys(1)", "synchronous(FULL)",
	}}
	dsn := url.URL{Scheme: "file", Path: absolute, RawQuery: query.Encode()}
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

func (s *Services) prepare(ctx context.Context, products []Product) error {
	if err := checkOwner(ctx, s.db, true); err != nil {
		return err
	}
	var mode string
	if err := s.db.QueryRowContext(ctx, "PRAGMA journal_mode = WAL").Scan(&mode); err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("the file system does not allow a write-ahead log (journal mode %s)", mode)
	}
	if err := s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		return migrateAndStock(ctx, tx, products)
	}); err != nil {
		return err
	}
	for _, query := range queries() {
		statement, err := s.db.PrepareContext(ctx, query)
		if err != nil {
			return fmt.Errorf("prepare %q: %w", query, err)
		}
		s.statements[query] = statement
	}
	return nil
}

// checkOwner refuses a database of something else or of a newer program before anything is written to it.
func checkOwner(ctx context.Context, db interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
}, mayBeNew bool) error {
	var application, version, tables int
	row := db.QueryRowContext(ctx, `SELECT (SELECT application_id FROM pragma_application_id),
		(SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_master)`)
	if err := row.Scan(&application, &version, &tables); err != nil {
		return err
	}
	switch {
	case mayBeNew && application == 0 && version == 0 && tables == 0:
		return nil
	case application != applicationID:
		return fmt.Errorf("%w: it holds something else; choose another file", ErrNotServices)
	case version > schemaVersion:
		return fmt.Errorf("%w: its schema has version %d and this program knows %d; use a newer program",
			ErrNotServices, version, schemaVersion)
	}
	return nil
}

func migrateAndStock(ctx context.Context, tx *sql.Tx, products []Product) error {
	var version int
	if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	if version == 0 {
		setup := fmt.Sprintf("%s; PRAGMA application_id = %d; PRAGMA user_version = %d",
			schema, applicationID, schemaVersion)
		if _, err := tx.ExecContext(ctx, setup); err != nil {
			return fmt.Errorf("make the tables: %w", err)
		}
	}
	for _, p := range products {
		isNew, err := changed(tx.ExecContext(ctx, addStock, p.SKU, p.Name, p.Stock, p.Refill))
		if err == nil && isNew && p.Stock > 0 {
			_, err = tx.ExecContext(ctx, addDelivery, p.SKU, p.Stock)
		}
		if err != nil {
			return fmt.Errorf("stock %s: %w", p.SKU, err)
		}
	}
	return nil
}

// write runs do in one transaction. Waiting for a turn ends with ctx; once the turn has come the transaction is not torn
// apart any more, so that an error of ctx says that nothing was done.
func (s *Services) write(ctx context.Context, do func(context.Context, *sql.Tx) error) error {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("wait for the services' database: %w", err)
	}
	defer conn.Close()
	ctx = context.WithoutCancel(ctx)
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback()
	if err := do(ctx, tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// exec and row run one of queries() in a transaction, prepared once for all of them.
func (s *Services) exec(ctx context.Context, tx *sql.Tx, query string, args ...any) (sql.Result, error) {
	return tx.StmtContext(ctx, s.statements[query]).ExecContext(ctx, args...)
}

func (s *Services) row(ctx context.Context, tx *sql.Tx, query string, args ...any) *sql.Row {
	return tx.StmtContext(ctx, s.statements[query]).QueryRowContext(ctx, args...)
}
