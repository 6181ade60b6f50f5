package projectorcli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/skaldgo/skald/eventstore/storeurl"
	"github.com/skaldgo/skald/projection/sqlitedb"
)

const defaultData = "./skald-data"

// dataDir is where a projector keeps everything.
type dataDir string

func (d dataDir) log() string       { return filepath.Join(string(d), "events.db") }
func (d dataDir) readModel() string { return filepath.Join(string(d), "readmodel.db") }
func (d dataDir) services() string  { return filepath.Join(string(d), "services.db") }

// create makes the directory, for its owner alone, unless there is one.
func (d dataDir) create() error {
	if d == "" {
		return usage("name one with --data", "the data directory has no name")
	}
	err := os.MkdirAll(string(d), 0o700)
	if info, statErr := os.Stat(string(d)); statErr == nil && !info.IsDir() {
		return d.noDirectory()
	}
	if err != nil {
		return fail(ExitUnreachable, "name a directory that you may write to with --data", "make the data directory: %w", err)
	}
	return nil
}

func (d dataDir) noDirectory() error {
	return usage("name a directory with --data, or move the file away", "the data directory %s is a file", string(d))
}

// exists checks that there is a directory with this file in it.
func (d dataDir) exists(file, what, hint string) error {
	info, err := os.Stat(string(d))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fail(ExitUnreachable, "begin one with: projector dev --data "+string(d)+", or name another with --data",
			"there is no data directory %s", string(d))
	case err != nil:
		return fail(ExitUnreachable, "name another directory with --data", "look for the data directory: %w", err)
	case !info.IsDir():
		return d.noDirectory()
	}
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return fail(ExitUnreachable, hint, "there is no %s in %s: %s does not exist", what, string(d), filepath.Base(file))
	}
	return nil
}

// existingLog is the log of the directory, which must exist.
func (d dataDir) existingLog() (storeurl.Target, error) {
	target := storeurl.Target{Kind: storeurl.SQLite}
	target.SQLite.Path = d.log()
	hint := "begin one with: projector dev --data " + string(d) + ", or name another directory with --data"
	return target, d.exists(d.log(), "log", hint)
}

const readModelHint = "a projector makes it from the log: run projector dev, or projector projections rebuild"

// openReadModel opens the read models for reading only.
func (d dataDir) openReadModel(ctx context.Context) (*sqlitedb.DB, error) {
	if err := d.exists(d.readModel(), "read model", readModelHint); err != nil {
		return nil, err
	}
	return d.explainReadModel(sqlitedb.OpenReadOnly(ctx, d.readModel()))
}

// openReadModelToWrite opens the read models for a projector, and makes the file when there is none.
func (d dataDir) openReadModelToWrite(ctx context.Context) (*sqlitedb.DB, error) {
	return d.explainReadModel(sqlitedb.Open(ctx, d.readModel()))
}

func (d dataDir) explainReadModel(db *sqlitedb.DB, err error) (*sqlitedb.DB, error) {
	if err != nil {
		return nil, fail(ExitUnreachable,
			"if the file is damaged, move it away: a projector makes it anew from the log", "%w", err)
	}
	return db, nil
}
