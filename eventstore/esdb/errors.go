package esdb

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/skaldgo/skald/eventstore"
)

// errHung: the library did not return in time.
var errHung = errors.New("the client library does not return")

// translate gives an error of the library the sentinel that a caller branches on, for calls that change nothing.
func translate(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case known(err):
		return fmt.Errorf("%s: %w", doing, err)
	default:
		return fmt.Errorf("%s: %w: %w", doing, classify(err), err)
	}
}

func known(err error) bool {
	for _, sentinel := range []error{
		eventstore.ErrInvalid, eventstore.ErrConflict, eventstore.ErrStreamNotFound, eventstore.ErrTooLarge, eventstore.ErrDenied,
		eventstore.ErrUnavailable, eventstore.ErrIndeterminate, eventstore.ErrCorrupt, eventstore.ErrClosed,
	} {
		if errors.Is(err, sentinel) {
			return true
		}
	}
	return false
}

// code finds the library's code of an error, however it is wrapped, or else that of gRPC.
func code(err error) esdb.ErrorCode {
	if e, ok := errors.AsType[*esdb.Error](err); ok && e.Code() != esdb.ErrorCodeUnknown {
		return e.Code()
	}
	switch grpcCode(err) {
	case codes.Unavailable:
		return esdb.ErrorUnavailable
	case codes.DeadlineExceeded:
		return esdb.ErrorCodeDeadlineExceeded
	case codes.Unauthenticated:
		return esdb.ErrorCodeUnauthenticated
	case codes.PermissionDenied:
		return esdb.ErrorCodeAccessDenied
	case codes.Aborted:
		return esdb.ErrorAborted
	}
	return esdb.ErrorCodeUnknown
}

// grpcCode looks through the library's errors, which do not always wrap what they hold.
func grpcCode(err error) codes.Code {
	if e, ok := errors.AsType[*esdb.Error](err); ok && e.Err() != nil {
		err = e.Err()
	}
	var from interface{ GRPCStatus() *status.Status }
	if errors.As(err, &from) {
		return from.GRPCStatus().Code()
	}
	return codes.Unknown
}

func classify(err error) error {
	switch code(err) {
	case esdb.ErrorCodeResourceNotFound, esdb.ErrorCodeStreamDeleted:
		return eventstore.ErrStreamNotFound
	case esdb.ErrorCodeAccessDenied, esdb.ErrorCodeUnauthenticated, esdb.ErrorCodeUnsupportedFeature:
		return eventstore.ErrDenied
	}
	return eventstore.ErrUnavailable
}

// broken reports whether a new connection may fare better. What the server said in an orderly way is no reason for one.
func broken(err error) bool {
	switch code(err) {
	case esdb.ErrorUnavailable, esdb.ErrorCodeConnectionClosed, esdb.ErrorCodeNotLeader, esdb.ErrorCodeDeadlineExceeded:
		return true
	case esdb.ErrorCodeUnknown:
		return !strings.Contains(err.Error(), "code = InvalidArgument")
	}
	return errors.Is(err, errHung)
}

// appendError gives the error of an append its meaning: whether it surely changed nothing, or may have.
func appendError(stream string, expected eventstore.ExpectedRevision, err error) error {
	doing := fmt.Sprintf("append to %q", stream)
	if known(err) {
		return fmt.Errorf("%s: %w", doing, err)
	}
	switch code(err) {
	case esdb.ErrorCodeWrongExpectedVersion:
		return &eventstore.ConflictError{Stream: stream, Expected: expected, Actual: actual(err)}
	case esdb.ErrorCodeStreamDeleted:
		if expected == eventstore.StreamExists {
			return &eventstore.ConflictError{Stream: stream, Expected: expected, Actual: -1}
		}
		return fmt.Errorf("%s: the stream was deleted for ever: %w: %w", doing, eventstore.ErrDenied, err)
	case esdb.ErrorCodeAccessDenied, esdb.ErrorCodeUnauthenticated:
		return fmt.Errorf("%s: %w: %w", doing, eventstore.ErrDenied, err)
	case esdb.ErrorCodeNotLeader, esdb.ErrorCodeConnectionClosed:
		return fmt.Errorf("%s: nothing was stored: %w: %w", doing, eventstore.ErrUnavailable, err)
	}
	if grpcCode(err) == codes.InvalidArgument && strings.Contains(err.Error(), "size") {
		return fmt.Errorf("%s: %w: %w", doing, eventstore.ErrTooLarge, err)
	}
	if neverSent(err) {
		return fmt.Errorf("%s: nothing was stored: %w: %w", doing, eventstore.ErrUnavailable, err)
	}
	return fmt.Errorf("%s: %w: %w", doing, eventstore.ErrIndeterminate, err)
}

// neverSent recognises what gRPC says when it found no connection to send on. Everything else may have been sent.
func neverSent(err error) bool {
	return grpcCode(err) == codes.Unavailable && strings.Contains(err.Error(), "while dialing")
}

// got is the only place where the library tells the actual revision.
var got = regexp.MustCompile(`but got '(\d+|no_stream)'`)

func actual(err error) int64 {
	found := got.FindStringSubmatch(err.Error())
	if found == nil {
		return -1
	}
	revision, err := strconv.ParseInt(found[1], 10, 64)
	if err != nil {
		return -1
	}
	return revision
}

func isEnd(err error) bool { return errors.Is(err, io.EOF) }

// wrongVersion recognises a conflict that comes as an error of gRPC, as that of a delete does.
func wrongVersion(err error) bool {
	return code(err) == esdb.ErrorCodeWrongExpectedVersion ||
		grpcCode(err) == codes.FailedPrecondition && strings.Contains(strings.ToLower(err.Error()), "expected")
}
