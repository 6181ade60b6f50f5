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
	default:
		return esdb.ErrorCodeUnknown
	}
}

// grpcCode returns the code of gRPC, Unknown when there is none.
func grpcCode(err error) codes.Code {
	var from interface{ GRPCStatus() *status.Status }
	if errors.As(err, &from) {
		return from.GRPCStatus().Code()
	}
	return codes.Unknown
}

// classify is for errors that known does not know.
func classify(err error) error {
	switch code(err) {
	case esdb.ErrorCodeResourceNotFound, esdb.ErrorCodeStreamDeleted:
		return eventstore.ErrStreamNotFound
	case esdb.ErrorCodeAccessDenied, esdb.ErrorCodeUnauthenticated, esdb.ErrorCodeUnsupportedFeature:
		return eventstore.ErrDenied
	default:
	}
	if grpcCode(err) == codes.InvalidArgument { // such as a position of another log
		return eventstore.ErrInvalid
	}
	return eventstore.ErrUnavailable
}

// broken reports whether a new connection may fare better. What the server said in an orderly way is no reason for one,
// and neither is that it does not lead: the library then goes to the leader by itself. That it could not commit in time
// is one: a leader that is cut off from the others says so until it learns that it leads nobody.
func broken(err error) bool {
	if errors.Is(err, errHung) || errors.Is(err, errPanicked) {
		return true
	}
	switch code(err) {
	case esdb.ErrorUnavailable, esdb.ErrorCodeConnectionClosed, esdb.ErrorCodeDeadlineExceeded, esdb.ErrorAborted:
		return true
	default:
		return grpcCode(err) == codes.Canceled
	}
}

// dead recognises that a search of the library has failed, after which its client is good for nothing.
func dead(err error) bool {
	return err != nil && strings.Contains(err.Error(), "maximum discovery attempt count reached")
}

// unsent recognises that the server surely has not got all of a write, and so has applied nothing of it: nobody leads
// where it was sent, there was no connection, or the sending was broken off.
func unsent(err error) bool {
	switch code(err) {
	case esdb.ErrorCodeNotLeader, esdb.ErrorCodeConnectionClosed:
		return true
	default:
	}
	if errors.Is(err, errNotBegun) || errors.Is(err, io.EOF) || dead(err) {
		return true
	}
	return strings.Contains(err.Error(), "could not construct append operation") ||
		grpcCode(err) == codes.Unavailable && strings.Contains(err.Error(), "while dialing")
}

// writeError gives the error of a write its meaning: whether it surely changed nothing, or may have.
func writeError(doing, stream string, expected eventstore.ExpectedRevision, err error) error {
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
	default:
	}
	text := strings.ToLower(err.Error())
	switch grpcCode(err) {
	case codes.FailedPrecondition:
		if strings.Contains(text, "wrongexpectedversion") {
			return &eventstore.ConflictError{Stream: stream, Expected: expected, Actual: actual(err)}
		}
	case codes.InvalidArgument:
		if strings.Contains(text, "size") {
			return fmt.Errorf("%s: %w: %w", doing, eventstore.ErrTooLarge, err)
		}
	default:
	}
	if unsent(err) {
		return fmt.Errorf("%s: nothing was stored: %w: %w", doing, eventstore.ErrUnavailable, err)
	}
	return fmt.Errorf("%s: %w: %w", doing, eventstore.ErrIndeterminate, err)
}

// got is where the library, or for a delete the server, tells the actual revision, and nowhere else.
var got = regexp.MustCompile(`(?:but got '|Actual version: )(\d+)`)

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
