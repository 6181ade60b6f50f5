package esdbtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// answer is an error that is answered with trailers, which carry its facts as the server's do.
type answer struct {
	status   *status.Status
	trailers metadata.MD
}

func (a *answer) Error() string { return a.status.Err().Error() }

func (a *answer) GRPCStatus() *status.Status { return a.status }

func answerOf(code codes.Code, message string, trailers ...string) *answer {
	return &answer{status.New(code, message), metadata.Pairs(trailers...)}
}

// reply hands an error to gRPC, with its trailers.
func reply(ctx context.Context, err error) error {
	var a *answer
	if !errors.As(err, &a) {
		return err
	}
	_ = grpc.SetTrailer(ctx, a.trailers) // fails for a context that belongs to no call
	return a.status.Err()
}

// errNoStream says that a stream is not there. It is answered by a message in a read, not by an error.
var errNoStream = errors.New("no such stream")

// Unavailable is what a node answers that cannot serve a call, for Fault.
func Unavailable() error { return answerOf(codes.Unavailable, "Server Is Not Ready") }

// TooBusy is what a node answers that has too much to do, for Fault.
func TooBusy() error { return answerOf(codes.Unavailable, "Server Is Too Busy") }

// TimedOut is what a node answers when it does not know what became of a write, for Fault.
func TimedOut() error { return answerOf(codes.Aborted, "Operation timed out: commit") }

func errNotLeader(leader string) error {
	host, port, err := net.SplitHostPort(leader)
	if err != nil {
		return answerOf(codes.Unknown, "No leader info available in response")
	}
	return answerOf(codes.NotFound, "Leader info available", "exception", "not-leader",
		"leader-endpoint-host", host, "leader-endpoint-port", port)
}

func errStreamDeleted(stream string) error {
	return answerOf(codes.FailedPrecondition, fmt.Sprintf("Event stream '%s' is deleted.", stream),
		"exception", "stream-deleted", "stream-name", stream)
}

func errWrongVersion(stream string, expected, actual int64) error {
	return answerOf(codes.FailedPrecondition, fmt.Sprintf(
		"Delete failed due to WrongExpectedVersion. Stream: %s, Expected version: %d, Actual version: %d",
		stream, expected, actual),
		"exception", "wrong-expected-version", "stream-name", stream,
		"expected-version", strconv.FormatInt(expected, 10), "actual-version", strconv.FormatInt(actual, 10))
}

func errTooLarge(limit int) error {
	return answerOf(codes.InvalidArgument, fmt.Sprintf("Maximum Append Size of %d Exceeded.", limit),
		"exception", "maximum-append-size-exceeded", "maximum-append-size", strconv.Itoa(limit))
}

func errMissingProperty(name string) error {
	return answerOf(codes.InvalidArgument, fmt.Sprintf("Required Metadata Property '%s' is missing", name),
		"exception", "missing-required-metadata-property", "required-metadata-properties", "type,content-type")
}

func errAccessDenied() error {
	return answerOf(codes.PermissionDenied, "Access Denied", "exception", "access-denied")
}

func errUnauthenticated() error { return answerOf(codes.Unauthenticated, "Bad credentials.") }

func errInvalidPosition() error {
	return errInvalidArgument("Trying to read from an invalid position.")
}

func errInvalidArgument(message string) error { return answerOf(codes.InvalidArgument, message) }

// errThrown is what the server's framework answers for it when a call has thrown.
func errThrown() error { return answerOf(codes.Unknown, "Exception was thrown by handler.") }
