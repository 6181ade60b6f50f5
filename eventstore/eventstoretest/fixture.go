package eventstoretest

import (
	"context"
	"testing"

	"github.com/skaldgo/skald/eventstore"
)

// Short names for what nearly every case uses.
const (
	order = "order-1"
	fwd   = eventstore.Forwards
	back  = eventstore.Backwards
)

var (
	start      eventstore.Position
	everything eventstore.Filter
)

// fixture is what a case works with: a fresh store, and short forms of its calls that end the test when they fail.
type fixture struct {
	testing.TB
	store eventstore.Store
}

// start appends events to a stream that does not exist yet.
func (f fixture) start(ctx context.Context, stream string, events ...eventstore.EventData) eventstore.AppendResult {
	f.Helper()
	return f.append(ctx, stream, eventstore.NoStream, events...)
}

func (f fixture) append(ctx context.Context, stream string, expected eventstore.ExpectedRevision,
	events ...eventstore.EventData) eventstore.AppendResult {
	f.Helper()
	result, err := f.store.Append(ctx, stream, expected, events...)
	if err != nil {
		f.Fatalf("append %d events to %q, expecting %s: %v", len(events), stream, expected, err)
	}
	return result
}

// conflicts requires an append to fail as a conflict with a stream at the revision given.
func (f fixture) conflicts(ctx context.Context, actual int64, stream string, expected eventstore.ExpectedRevision,
	events ...eventstore.EventData) {
	f.Helper()
	_, err := f.store.Append(ctx, stream, expected, events...)
	wantConflict(f, err, eventstore.ConflictError{Stream: stream, Expected: expected, Actual: actual})
}

// refused requires an append to fail with an error that matches target, and to store nothing.
func (f fixture) refused(ctx context.Context, target error, stream string, expected eventstore.ExpectedRevision,
	events ...eventstore.EventData) {
	f.Helper()
	before := len(f.all(ctx))
	_, err := f.store.Append(ctx, stream, expected, events...)
	wantError(f, err, target)
	equal(f, "events in the log after a refused append", len(f.all(ctx)), before)
}

// stream reads a whole stream.
func (f fixture) stream(ctx context.Context, name string) []eventstore.RecordedEvent {
	f.Helper()
	return f.streamFrom(ctx, name, 0, eventstore.Forwards)
}

func (f fixture) streamFrom(ctx context.Context, name string, from int64,
	dir eventstore.Direction) []eventstore.RecordedEvent {
	f.Helper()
	events, err := Collect(f.store.ReadStream(ctx, name, from, dir))
	if err != nil {
		f.Fatalf("read stream %q %s from %d: %v", name, dir, from, err)
	}
	return events
}

// all reads the whole log.
func (f fixture) all(ctx context.Context) []eventstore.RecordedEvent {
	f.Helper()
	return f.allFrom(ctx, start, fwd, everything)
}

// head returns the position of the last event of the log, the zero position when there is none.
func (f fixture) head(ctx context.Context) eventstore.Position {
	f.Helper()
	for e, err := range f.store.ReadAll(ctx, start, back, everything) {
		if err != nil {
			f.Fatalf("read the head of the log: %v", err)
		}
		return e.Position
	}
	return start
}

func (f fixture) allFrom(ctx context.Context, after eventstore.Position, dir eventstore.Direction,
	filter eventstore.Filter) []eventstore.RecordedEvent {
	f.Helper()
	events, err := Collect(f.store.ReadAll(ctx, after, dir, filter))
	if err != nil {
		f.Fatalf("read the log %s from %s: %v", dir, after, err)
	}
	return events
}

// background runs what a case does beside its own goroutine. The case does not end before it, failed or not.
func (f fixture) background(run func() error) <-chan error {
	result, ended := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(ended)
		result <- run()
	}()
	f.Cleanup(func() { <-ended })
	return result
}
