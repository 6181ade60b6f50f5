package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/skaldgo/skald/eventstore"
)

// Errors of this package, to branch on with errors.Is.
var (
	// ErrNotALog: the schema does not hold a log, or not that of this version. See Config.NoMigration.
	ErrNotALog = errors.New("not an event log")
	// ErrNewerSchema: a newer version of this package made the schema. It was left as it is; upgrade the program.
	ErrNewerSchema = errors.New("newer schema")
)

// SQLSTATE codes, or classes of them, of PostgreSQL's appendix A.
const (
	codeReadOnly        = "25006" // read_only_sql_transaction: a replica, as after a fail-over
	codeIdleTransaction = "25P03" // idle_in_transaction_session_timeout: ended before we sent the commit
	codeUndefinedTable  = "42P01"
	codeNoSchema        = "3F000"
	codeDenied          = "42501"
	codeRestrict        = "23001" // what our triggers raise
	classUnauthorised   = "28"
	classConstraint     = "23"
	classCorrupt        = "XX"
	classData           = "22"
)

// goesOn is the severity of an error after which the session goes on, in the form that is the same in every language of
// the server.
const goesOn = "ERROR"

// translate gives an error of the driver the sentinel that a caller branches on. It is the only place that does. It is for
// calls that stored nothing; see outcome for the others.
func translate(doing string, err error) error {
	if err == nil {
		return nil
	}
	if known(err) {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return fmt.Errorf("%s: %w: %w", doing, classify(err), err)
}

// known reports whether an error carries a sentinel already.
func known(err error) bool {
	for _, sentinel := range []error{
		eventstore.ErrInvalid, eventstore.ErrConflict, eventstore.ErrStreamNotFound, eventstore.ErrTooLarge,
		eventstore.ErrDenied, eventstore.ErrUnavailable, eventstore.ErrIndeterminate, eventstore.ErrCorrupt,
		eventstore.ErrClosed, eventstore.ErrLocked, ErrNotALog, ErrNewerSchema,
	} {
		if errors.Is(err, sentinel) {
			return true
		}
	}
	return false
}

// classify: what the server does not say otherwise may pass, be it a lost connection, a full disk, a start, a stop, a
// lack of connections or a deadlock.
func classify(err error) error {
	var server *pgconn.PgError
	if !errors.As(err, &server) {
		return eventstore.ErrUnavailable
	}
	switch {
	case server.Code == codeDenied, server.Code == codeRestrict, strings.HasPrefix(server.Code, classUnauthorised):
		return eventstore.ErrDenied
	case server.Code == codeUndefinedTable, server.Code == codeNoSchema:
		return ErrNotALog
	case strings.HasPrefix(server.Code, classConstraint):
		return eventstore.ErrCorrupt // a row is where only the holder of the head puts one
	case strings.HasPrefix(server.Code, classCorrupt), strings.HasPrefix(server.Code, classData):
		return eventstore.ErrCorrupt
	}
	return eventstore.ErrUnavailable
}

// undone reports whether a transaction whose commit was sent, and ended with err, surely stored nothing: the server
// refused a statement and goes on with the session. A session that ended may have committed first.
func undone(err error) bool {
	var server *pgconn.PgError
	if !errors.As(err, &server) {
		return false
	}
	return server.SeverityUnlocalized == goesOn || server.Code == codeIdleTransaction
}

// stale reports whether a connection should be given up for another one, although it works: it leads to a replica.
func stale(err error) bool {
	var server *pgconn.PgError
	return errors.As(err, &server) && server.Code == codeReadOnly
}

// ended prefers the caller's own reason to what the driver makes of it.
func ended(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// broken reports whether another connection may fare better.
func broken(err error) bool {
	var server *pgconn.PgError
	return !errors.As(err, &server) || server.SeverityUnlocalized != goesOn || stale(err)
}
