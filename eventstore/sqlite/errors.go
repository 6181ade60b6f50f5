package sqlite

import (
	"errors"
	"fmt"

	"zombiezen.com/go/sqlite"

	"github.com/skaldgo/skald/eventstore"
)

// Errors of this package, to branch on with errors.Is.
var (
	// ErrNotALog: the file is no database, or the database of another program. It was left as it is.
	ErrNotALog = errors.New("not an event log")
	// ErrNewerSchema: a newer version of this package made the file. It was left as it is; upgrade the program.
	ErrNewerSchema = errors.New("newer schema")
	// ErrFailed: a commit or a sync failed, so the store refuses every call. Close it and open the file again.
	ErrFailed = errors.New("store failed, open it again")
)

// translate gives an error of SQLite the sentinel that a caller branches on. It is the only place that does.
func translate(doing string, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, eventstore.ErrCorrupt) || errors.Is(err, eventstore.ErrStreamNotFound) { // it says more already
		return fmt.Errorf("%s: %w", doing, err)
	}
	if kind := classify(err); kind != nil {
		return fmt.Errorf("%s: %w: %w", doing, kind, err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

func classify(err error) error {
	code := sqlite.ErrCode(err)
	switch code.ToPrimary() {
	case sqlite.ResultFull, sqlite.ResultBusy, sqlite.ResultLocked, sqlite.ResultNoMem, sqlite.ResultIOErr,
		sqlite.ResultCantOpen, sqlite.ResultProtocol:
		return eventstore.ErrUnavailable
	case sqlite.ResultCorrupt, sqlite.ResultNotADB, sqlite.ResultFormat, sqlite.ResultConstraint, sqlite.ResultMismatch,
		sqlite.ResultTooBig, sqlite.ResultSchema:
		return eventstore.ErrCorrupt
	case sqlite.ResultReadOnly, sqlite.ResultPerm, sqlite.ResultAuth:
		return eventstore.ErrDenied
	}
	return nil
}

// unprepared gives the error of preparing a statement its sentinel. The statements of this package fit its schema, so one
// that does not says that the schema is not what was written. SQLite's code for that is its code for everything else.
func unprepared(err error) error {
	if err != nil && sqlite.ErrCode(err) == sqlite.ResultError {
		return fmt.Errorf("the schema is not that of a log: %w: %w", eventstore.ErrCorrupt, err)
	}
	return err
}

func isBusy(err error) bool {
	code := sqlite.ErrCode(err).ToPrimary()
	return code == sqlite.ResultBusy || code == sqlite.ResultLocked
}

// isClean reports whether a commit that ended with err surely stored nothing. A write that fails leaves no complete
// commit record in the WAL, so a full disk is clean; a failed sync is not, nor is anything that is not known here.
func isClean(err error) bool {
	code := sqlite.ErrCode(err)
	return code == sqlite.ResultIOErrWrite || code.ToPrimary() == sqlite.ResultFull || isBusy(err)
}

// isFailedSync reports whether the operating system failed to sync, after which it may have dropped pages unseen.
func isFailedSync(err error) bool {
	code := sqlite.ErrCode(err)
	return code == sqlite.ResultIOErrFsync || code == sqlite.ResultIOErrDirFsync
}
