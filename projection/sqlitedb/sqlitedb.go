package sqlitedb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// DB is one database file. Both pools may be used concurrently.
type DB struct {
	// Write is one connection whose transactions begin IMMEDIATE. It is nil when the file was opened for reading only.
	Write *sql.DB
	// Read is a pool of connections that cannot write. A transaction on it sees one state of the database.
	Read *sql.DB
}

// Open opens the file, and creates it when there is none; its directory must exist. The journal is a write-ahead log with
// synchronous=NORMAL: after a power failure the last transactions may be gone, each as a whole, which a projection makes
// good from the log. Another process that holds the write lock is waited for up to 15 s: under load it is not fair. Views over a read model stay when
// a rebuild replaces its tables (legacy_alter_table).
func Open(ctx context.Context, path string) (*DB, error) {
	write, err := pool(ctx, path, 1, url.Values{
		"_txlock": {"immediate"},
		"_pragma": {"busy_timeout(15000)", "journal_mode(WAL)", "synchronous(NORMAL)", "legacy_alter_table(1)",
			"cache_size(-32768)", "temp_store(MEMORY)"},
	})
	if err != nil {
		return nil, err
	}
	db, err := OpenReadOnly(ctx, path)
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	db.Write = write
	return db, nil
}

// OpenReadOnly opens an existing file and never writes to it, so that it can be used beside a projector that is live.
func OpenReadOnly(ctx context.Context, path string) (*DB, error) {
	read, err := pool(ctx, path, max(4, runtime.NumCPU()), url.Values{
		"mode":    {"ro"},
		"_pragma": {"busy_timeout(5000)", "query_only(1)", "temp_store(MEMORY)"},
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

func pool(ctx context.Context, path string, size int, options url.Values) (*sql.DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open read model database %s: %w", path, err)
	}
	abs = "/" + strings.TrimPrefix(filepath.ToSlash(abs), "/") // a drive letter is part of the path, not a host
	dsn := url.URL{Scheme: "file", Path: abs, RawQuery: options.Encode()}
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return nil, fmt.Errorf("open read model database %s: %w", path, err)
	}
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	// The first statement that looks into the file, so that a file that is no database is found here.
	if _, err := db.ExecContext(ctx, "SELECT count(*) FROM sqlite_master"); err != nil {
		return nil, errors.Join(fmt.Errorf("open read model database %s: %w", path, err), db.Close())
	}
	return db, nil
}
