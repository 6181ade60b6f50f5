package projectorcli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/logcopy"
	"github.com/skaldgo/skald/eventstore/postgres"
	"github.com/skaldgo/skald/eventstore/sqlite"
	"github.com/skaldgo/skald/projection"
	"github.com/skaldgo/skald/projection/sagaview"
	"github.com/skaldgo/skald/saga"
)

// The exit codes of a command.
const (
	ExitOK          = 0
	ExitUnexpected  = 1   // none of the others
	ExitUsage       = 2   // the command line or a file named by it is wrong
	ExitNotFound    = 3   // there is no such saga or projection
	ExitConflict    = 4   // it has changed since it was seen, is in another state, or another process holds the lock
	ExitUnreachable = 5   // the database is missing, cannot be opened, or does not answer
	ExitPartial     = 6   // done, but some lines of the input were passed over
	ExitUnverified  = 7   // what is stored is not what was written
	ExitInterrupted = 130 // stopped by a signal before it was done
)

// failure is an error with what the user needs to know of it.
type failure struct {
	exit int
	err  error
	hint string // what to do about it
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

func fail(exit int, hint, format string, args ...any) error {
	return &failure{exit: exit, err: fmt.Errorf(format, args...), hint: hint}
}

func usage(hint, format string, args ...any) error { return fail(ExitUsage, hint, format, args...) }

// finish reports the error of a command, if there is one, and returns the exit code.
func (a *app) finish(ctx context.Context, err error, args []string) int {
	if err == nil {
		return ExitOK
	}
	f := explain(ctx, err)
	if !slices.Contains([]string{formatJSON, formatJSONL}, requestedFormat(a.output, args)) {
		fmt.Fprintf(a.stderr, "error: %s\n", safeText(f.Error()))
		if f.hint != "" {
			fmt.Fprintf(a.stderr, "hint: %s\n", safeText(f.hint))
		}
		return f.exit
	}
	type body struct {
		Code    string `json:"code"`
		Message string `json:"message"`
		Hint    string `json:"hint,omitempty"`
	}
	text, err := json.Marshal(map[string]body{"error": {exitName(f.exit), f.Error(), f.hint}})
	if err != nil {
		panic(fmt.Sprintf("projectorcli: strings always encode: %v", err))
	}
	fmt.Fprintf(a.stderr, "%s\n", safeJSON(text))
	return f.exit
}

// requestedFormat finds the format even when the command line could not be read to its end.
func requestedFormat(parsed string, args []string) string {
	for i, arg := range args {
		for _, flag := range []string{"--output=", "-o="} {
			if value, ok := strings.CutPrefix(arg, flag); ok {
				return value
			}
		}
		if (arg == "-o" || arg == "--output") && i+1 < len(args) {
			return args[i+1]
		}
	}
	return parsed
}

func exitName(exit int) string {
	switch exit {
	case ExitUsage:
		return "usage"
	case ExitNotFound:
		return "not_found"
	case ExitConflict:
		return "conflict"
	case ExitUnreachable:
		return "unreachable"
	case ExitPartial:
		return "partial"
	case ExitUnverified:
		return "unverified"
	case ExitInterrupted:
		return "interrupted"
	}
	return "unexpected"
}

// explain finds the exit code and the remedy for an error that comes from below.
func explain(ctx context.Context, err error) *failure {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) && !noRoom(err) { // what was waiting for room has been interrupted
		return &failure{exit: ExitInterrupted, err: errors.New("interrupted"), hint: "nothing was lost; run it again"}
	}
	if known, ok := errors.AsType[*failure](err); ok {
		return &failure{exit: known.exit, err: err, hint: known.hint}
	}
	for _, m := range meanings() {
		if errors.Is(err, m.is) {
			return &failure{exit: m.exit, err: err, hint: m.hint}
		}
	}
	if noRoom(err) {
		return &failure{exit: ExitUnreachable, err: err, hint: tryAgain}
	}
	return &failure{exit: ExitUnexpected, err: err}
}

const tryAgain = "is the disk full, or another process keeping the file busy? Then try again"

// noRoom recognises a disk that is full, fails or is kept busy, also by the errors that the driver of the read models and
// of the books gives. The numbers are SQLite's primary result codes.
func noRoom(err error) bool {
	const busy, ioError, full = 5, 10, 13
	if coded := interface{ Code() int }(nil); errors.As(err, &coded) {
		return slices.Contains([]int{busy, ioError, full}, coded.Code()&0xff)
	}
	return errors.Is(err, eventstore.ErrUnavailable)
}

type meaning struct {
	is   error
	exit int
	hint string
}

// meanings are tried in order, so the more special ones come first.
func meanings() []meaning {
	const look = "look at it with: projector sagas show ID"
	return []meaning{
		{saga.ErrNotFound, ExitNotFound, "list the sagas with: projector sagas list"},
		{saga.ErrStale, ExitConflict, "look at it again with: projector sagas show ID; then use the revision shown there"},
		{saga.ErrNotParked, ExitConflict, look},
		{saga.ErrNotPaused, ExitConflict, look},
		{saga.ErrInvalidDeadline, ExitUsage, "give an instant in the future"},
		{saga.ErrNotSkippable, ExitConflict, look},
		{saga.ErrParkedElsewhere, ExitConflict, look},
		{saga.ErrAttemptOpen, ExitConflict, "wait for its outcome; " + look},
		{saga.ErrOutcomeKnown, ExitConflict, "let it go on with: projector sagas redrive ID"},
		{saga.ErrInvalidResolution, ExitUsage, "correct what you say of the step; nothing was changed"},
		{saga.ErrInvalidPolicy, ExitUsage, "give a policy that a definition could have"},
		{saga.ErrNotRetried, ExitConflict, look},
		{saga.ErrTooLate, ExitConflict, "it can only go forward; " + look},
		{saga.ErrEnded, ExitConflict, look},
		{saga.ErrSignalledDifferently, ExitConflict, "a new signal needs an --id of its own"},
		{saga.ErrUnknownSignal, ExitUsage, "which signals its steps wait for, tells: projector sagas show ID"},
		{saga.ErrInvalidSignal, ExitUsage, "correct the signal; nothing was changed"},
		{saga.ErrNoActor, ExitUsage, "give a --reason, and an --actor if $USER is not set"},
		{saga.ErrInvalidID, ExitUsage, "an id is of 1 to 200 bytes, printable, UTF-8"},
		{saga.ErrInvalidDefinition, ExitUsage, "correct the definitions that this program registers"},
		{aggregate.ErrChainBroken, ExitUnverified, "someone changed the log; compare it with a backup"},
		{sqlite.ErrNewerSchema, ExitUnreachable, "use the newer projector that made it; nothing was changed"},
		{sqlite.ErrNotALog, ExitUnreachable, "name another directory with --data, or move the file away; nothing was changed"},
		{postgres.ErrNewerSchema, ExitUnreachable, "use the newer projector that made it; nothing was changed"},
		{postgres.ErrNotALog, ExitUnreachable, "make it with: projector store migrate, or name another schema in the URL"},
		{logcopy.ErrDiffers, ExitConflict, "copy to an empty store; nothing was changed"},
		{eventstore.ErrInvalid, ExitUsage, ""},
		{eventstore.ErrNewerSchema, ExitUnreachable, "use the newer projector that wrote it"},
		{sagaview.ErrNoReadModel, ExitUnreachable, readModelHint},
		{sagaview.ErrOtherVersion, ExitUnreachable,
			"make it again with: projector projections rebuild; or use the projector that made it"},
		{projection.ErrRebuildNeeded, ExitConflict, "rebuild it with: projector projections rebuild"},
		{projection.ErrPoison, ExitUnexpected, "correct the projection, then: projector projections rebuild"},
		{eventstore.ErrCorrupt, ExitUnverified, "the file is damaged; restore it from a backup"},
		{saga.ErrSetAside, ExitUnverified, "see its events with: projector sagas history ID"},
		{eventstore.ErrLocked, ExitConflict, "stop that process, or name another directory with --data"},
		{eventstore.ErrDenied, ExitUnreachable, "check the owner and permissions of the data directory and its files"},
		{eventstore.ErrUnavailable, ExitUnreachable, tryAgain},
		{eventstore.ErrIndeterminate, ExitUnreachable, "it may have been stored; look before you repeat it"},
		{fs.ErrPermission, ExitUnreachable, "check the owner and permissions of the data directory and its files"},
		{context.DeadlineExceeded, ExitUnreachable, "try again"},
	}
}
