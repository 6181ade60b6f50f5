package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"zombiezen.com/go/sqlite"

	"github.com/skaldgo/skald/eventstore"
)

// Open opens the log in a file, and creates it when there is none. The caller closes the store. The context bounds only
// the opening.
//
// Errors: ErrInvalid for a bad Config or a path that is a directory; fs.ErrNotExist when the directory is missing, or
// the file when opened for reading only; ErrDenied without the permission to write; ErrNotALog; ErrNewerSchema;
// ErrUnavailable when others keep the file busy; ErrCorrupt. None of them changes the file.
func Open(ctx context.Context, cfg Config) (_ *Store, err error) {
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	cfg = cfg.withDefaults()
	given := cfg.Path
	// Absolute, so that neither a change of directory nor a path that looks like a URI matters.
	if cfg.Path, err = filepath.Abs(given); err != nil {
		return nil, fmt.Errorf("open %q: %w", given, err)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s, err := open(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open %q: %w", given, err)
	}
	return s, nil
}

func open(ctx context.Context, cfg Config) (_ *Store, err error) {
	if err := checkPath(cfg); err != nil {
		return nil, err
	}
	m, err := readMark(cfg.Path)
	if err != nil {
		return nil, err
	}
	examined, err := examine(ctx, cfg, m)
	if err != nil {
		return nil, explain(cfg, err)
	}
	if examined != nil {
		defer func() { _ = examined.Close() }()
	}
	conn, err := openFirst(cfg)
	if err != nil {
		return nil, explain(cfg, err)
	}
	s := &Store{
		cfg: cfg, names: newNameCache(cfg.CachedStreams), queue: newQueue(), lessor: newLessor(cfg), closing: make(chan struct{}),
	}
	s.readers = newPool(cfg.Readers, s.closing, s.openReader)
	defer func() {
		if err != nil {
			_ = conn.Close()
		}
	}()
	if s.logID, err = establish(ctx, conn, cfg); err != nil {
		return nil, explain(cfg, err)
	}
	if examined == nil {
		if err := patiently(ctx, cfg.BusyTimeout, func() error { return soundly(conn, cfg.Path, m) }); err != nil {
			return nil, explain(cfg, err)
		}
	}
	if err := syncRecovered(cfg.Path); err != nil {
		return nil, err
	}
	if cfg.ReadOnly {
		r, err := newReader(conn, s.names)
		if err != nil {
			return nil, explain(cfg, err)
		}
		s.readers.put(r)
		return s, nil
	}
	if err := checkWritable(conn); err != nil {
		return nil, explain(cfg, err)
	}
	if s.writer, err = newWriter(s, conn); err != nil {
		return nil, explain(cfg, err)
	}
	go s.writer.run()
	return s, nil
}

// openFirst opens the connection that becomes the writer, or the first reader.
func openFirst(cfg Config) (*sqlite.Conn, error) {
	if cfg.ReadOnly {
		return connect(cfg.Path, sqlite.OpenReadOnly, sqlQueryOnly, sqlReaderCache, sqlMmap)
	}
	return connect(cfg.Path, sqlite.OpenReadWrite|sqlite.OpenCreate, sqlWriterCache, sqlNoAutoCheckpoint)
}

func checkPath(cfg Config) error {
	info, err := os.Stat(cfg.Path)
	switch {
	case err == nil && info.IsDir():
		return fmt.Errorf("it is a directory, name a file in it: %w", eventstore.ErrInvalid)
	case err == nil && !info.Mode().IsRegular():
		return fmt.Errorf("it is no regular file: %w", eventstore.ErrInvalid)
	case errors.Is(err, fs.ErrNotExist) && cfg.ReadOnly:
		return fmt.Errorf("a read-only open creates nothing: %w", err)
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Stat(filepath.Dir(cfg.Path)); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("create its directory first: %w", err)
		}
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: %w", eventstore.ErrDenied, err)
	}
	return nil
}

// explain says in the caller's terms why the database could not be opened.
func explain(cfg Config, err error) error {
	switch sqlite.ErrCode(err).ToPrimary() {
	case sqlite.ResultNotADB:
		return fmt.Errorf("it is no database, or its head is damaged; choose another path or restore a backup: %w: %w: %w",
			ErrNotALog, eventstore.ErrCorrupt, err)
	case sqlite.ResultCantOpen:
		return explainCantOpen(cfg, err)
	case sqlite.ResultReadOnly:
		return unwritable(err)
	case sqlite.ResultBusy:
		return fmt.Errorf("other processes kept it busy for %s; try again: %w: %w", cfg.BusyTimeout, eventstore.ErrUnavailable, err)
	}
	if errors.Is(err, fs.ErrPermission) {
		return unwritable(err)
	}
	return translate("look into it", err)
}

func unwritable(err error) error {
	return fmt.Errorf("the file or those beside it cannot be written; change permissions or open it for reading only: %w: %w",
		eventstore.ErrDenied, err)
}

// explainCantOpen finds out whether the directory is the reason. The database itself must not be opened here: closing
// it would drop the locks that SQLite holds on it for this process.
func explainCantOpen(cfg Config, err error) error {
	probe, probeErr := os.CreateTemp(filepath.Dir(cfg.Path), ".writable-*")
	if probeErr == nil {
		_ = probe.Close()
		_ = os.Remove(probe.Name())
		return fmt.Errorf("is the file allowed to be read and written?: %w: %w", eventstore.ErrDenied, err)
	}
	if cfg.ReadOnly {
		return fmt.Errorf("its -wal and -shm files can be neither opened nor made: %w: %w: %w",
			eventstore.ErrDenied, err, probeErr)
	}
	return fmt.Errorf("its directory cannot be written; change its permissions or choose another one: %w: %w: %w",
		eventstore.ErrDenied, err, probeErr)
}

// checkWritable notices a file that SQLite could only open for reading, by a write that it takes back. That others write
// just now is fine.
func checkWritable(conn *sqlite.Conn) error {
	conn.SetBusyTimeout(0)
	_, err := query(conn, sqlBegin)
	if isBusy(err) {
		return nil
	}
	if err == nil {
		_, err = query(conn, sqlTouch)
	}
	if !conn.AutocommitEnabled() {
		_, rollbackErr := query(conn, sqlRollback)
		err = errors.Join(err, rollbackErr)
	}
	return err
}

// syncRecovered syncs the WAL. After a crash it may hold a commit that was written and never synced, which recovery has
// just made visible; what readers see from now on must outlive a power loss.
func syncRecovered(path string) error {
	file, err := os.OpenFile(path+"-wal", os.O_RDWR, 0)
	if errors.Is(err, fs.ErrPermission) {
		file, err = os.Open(path + "-wal")
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("sync the WAL: %w: %w", eventstore.ErrDenied, err)
	}
	defer func() { _ = file.Close() }()
	if err := file.Sync(); err != nil {
		return fmt.Errorf("sync the WAL: %w: %w", eventstore.ErrUnavailable, err)
	}
	return nil
}
