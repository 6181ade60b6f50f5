package eventstore

import (
	"context"
	"io"
	"iter"
)

// Store is an append-only log of events in streams. All methods may be called concurrently.
//
// Iterators are single use. An error is yielded once, with a zero value, and ends the iteration; a cancelled context
// yields an error matching ctx.Err(). Leaving the loop early is no error. An iterator returns only after every
// goroutine that it started has ended, and holds no transaction, cursor or pooled connection while the loop body runs:
// the body may take long, and may append to the same store.
type Store interface {
	// Append adds events to one stream, all or none, contiguously, in the order given.
	//
	// Repeating the identical call (same stream, same event ids) under NoStream or Exactly is harmless and returns the
	// first outcome, however long ago it was. Under Any and StreamExists a repeat may be stored twice.
	//
	// Errors: ErrConflict (as *ConflictError) when the stream is not at the expected revision; ErrInvalid for no events
	// or bad names; ErrTooLarge; ErrDenied; ErrUnavailable: nothing was stored; ErrIndeterminate: it may have been
	// stored, repeat the identical call; ErrClosed. A context that ends before the store took the append withdraws it
	// and gives ctx.Err(); after that it gives ErrIndeterminate wrapping ctx.Err(). The store keeps no reference to the
	// arguments after it returns, and the caller must not change them before.
	Append(ctx context.Context, stream string, expected ExpectedRevision, events ...EventData) (AppendResult, error)

	// ReadStream yields the events of one stream from a revision, inclusive: forwards, 0 is the first event;
	// backwards, math.MaxInt64 means the last. It ends at the stream's end as of its first pull, and yields
	// ErrStreamNotFound when the stream holds no event; a revision beyond the end of an existing stream yields nothing. A
	// negative revision and a name that no stream can have give ErrInvalid.
	ReadStream(ctx context.Context, stream string, from int64, dir Direction) iter.Seq2[RecordedEvent, error]

	// ReadAll yields the matching events strictly after a position, or strictly before it when read backwards; from the
	// zero position it starts at the beginning, or at the head when read backwards. It ends at the head as of its first
	// pull.
	ReadAll(ctx context.Context, after Position, dir Direction, f Filter) iter.Seq2[RecordedEvent, error]

	// Subscribe yields the matching events after a position, in log order, at least once, for ever, with checkpoints
	// between them. Before it blocks it always yields CaughtUp: that is where a consumer flushes its batch. It resumes by
	// itself after transient failures, and ends with an error only when ctx ends, the store is closed or the log cannot
	// be read.
	//
	// No message's Position lies beyond the head of the log, which is the first event that ReadAll yields backwards at that
	// moment or later. So the checkpoint of a consumer is never ahead of its log, unless it was when the subscription began.
	Subscribe(ctx context.Context, after Position, f Filter) iter.Seq2[Message, error]

	// Close ends all calls with ErrClosed, waits for them and releases what the store holds. Appends already taken by
	// the store finish first. A second Close does nothing and returns nil.
	Close() error
}

// Identified is an optional ability of a Store: its log has an id of its own, made when the log was created and never
// changed, so that a checkpoint can name the log that it belongs to.
type Identified interface {
	// LogID returns the id of the log. It is never empty.
	LogID(ctx context.Context) (string, error)
}

// Counted is an optional ability of a Store whose positions count events, so that a distance can be told in events.
type Counted interface {
	// EventsBetween returns how many events lie after one position, up to another and with it; 0 when upTo is not after it.
	EventsBetween(after, upTo Position) int64
}

// Locker is an optional ability of a Store: named locks that end with their holder. A lock has any number of holders who
// share it, or one who has it alone. It keeps programs from being started beside each other by mistake; what keeps a log
// right is the expected revision of each append.
type Locker interface {
	// Lock takes the named lock for this process alone, without waiting. It gives ErrLocked (as *LockedError, which names a
	// holder) when anybody else, in this process or any other, has it or shares it. Closing the result releases the lock;
	// the operating system releases it when the process dies, however it dies.
	Lock(ctx context.Context, name string) (io.Closer, error)

	// LockShared takes the named lock together with all others who share it, without waiting. It gives ErrLocked when
	// somebody has it alone. All else is as with Lock.
	LockShared(ctx context.Context, name string) (io.Closer, error)
}

// Direction is the order in which events are read.
type Direction uint8

// The two directions; Forwards, oldest first, is the zero value.
const (
	Forwards Direction = iota
	Backwards
)

func (d Direction) String() string {
	if d == Backwards {
		return "backwards"
	}
	return "forwards"
}
