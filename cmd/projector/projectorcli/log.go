package projectorcli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/storeurl"
)

// logStore is a log with an id, as every store that outlives a process has.
type logStore interface {
	eventstore.Store
	eventstore.Identified
}

// logTarget is the log that --store names, or else that of the data directory.
func (a *app) logTarget() (target storeurl.Target, named bool, err error) {
	if a.store == "" {
		return storeurl.Target{}, false, nil
	}
	return a.parseStore("--store", a.store)
}

func (a *app) parseStore(flag, url string) (storeurl.Target, bool, error) {
	target, err := storeurl.Parse(url)
	if err != nil {
		const forms = "write for instance sqlite:events.db, postgres://user@host/database or esdb://host:2113"
		return target, true, usage(forms, "%s: %w", flag, err)
	}
	if target.Kind == storeurl.Memory {
		return target, true, usage("name a store that outlives the command", "%s: a log in memory belongs to one process", flag)
	}
	return target, true, nil
}

// openLog opens the log, which must exist, for reading only.
func (a *app) openLog(ctx context.Context) (logStore, error) { return a.openExistingLog(ctx, true) }

// openLogToAppend opens the log, which must exist, for an operator's command.
func (a *app) openLogToAppend(ctx context.Context) (logStore, error) {
	return a.openExistingLog(ctx, false)
}

func (a *app) openExistingLog(ctx context.Context, readOnly bool) (logStore, error) {
	target, named, err := a.logTarget()
	switch {
	case err != nil:
		return nil, err
	case !named:
		if target, err = dataDir(a.data).existingLog(); err != nil {
			return nil, err
		}
	}
	if err := mustExist("--store", target); err != nil {
		return nil, err
	}
	target.Postgres.NoMigration = true // what only looks changes nothing
	if readOnly {
		target = target.ReadOnly()
	}
	return a.open(ctx, target)
}

// mustExist keeps a command that looks at a log from making one.
func mustExist(flag string, target storeurl.Target) error {
	if target.Kind != storeurl.SQLite {
		return nil
	}
	if _, err := os.Stat(target.SQLite.Path); errors.Is(err, fs.ErrNotExist) {
		return fail(ExitUnreachable, "name another one with "+flag, "there is no log %s", target.SQLite.Path)
	}
	return nil
}

// openLogToRun opens the log for an orchestrator, and makes it when there is none.
func (a *app) openLogToRun(ctx context.Context) (logStore, error) {
	target, named, err := a.logTarget()
	switch {
	case err != nil:
		return nil, err
	case !named:
		target = storeurl.Target{Kind: storeurl.SQLite}
		target.SQLite.Path = dataDir(a.data).log()
	}
	return a.open(ctx, target)
}

func (a *app) open(ctx context.Context, target storeurl.Target) (logStore, error) {
	store, err := target.Open(ctx)
	if errors.Is(err, eventstore.ErrUnavailable) && target.Kind != storeurl.SQLite {
		return nil, fail(ExitUnreachable, "is the server running, and reachable from here? Then try again", "%w", err)
	}
	if err != nil {
		return nil, err
	}
	log, ok := store.(logStore)
	if !ok {
		return nil, errors.Join(fmt.Errorf("a %s log has no id", target.Kind), store.Close())
	}
	return log, nil
}

// logName is what people are told of where the log is. It holds no password.
func (a *app) logName() string {
	target, named, err := a.logTarget()
	if err != nil || !named {
		return dataDir(a.data).log()
	}
	if target.Kind == storeurl.SQLite {
		return target.SQLite.Path
	}
	return fmt.Sprintf("the %s of --store", target.Kind)
}
