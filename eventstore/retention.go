package eventstore

import "context"

// Retention is an optional ability of a Store: streams can be shortened at their front, or deleted. What is gone is gone
// from ReadStream at once; ReadAll and subscriptions may still deliver it until the store cleans up. A hash chain whose
// front is gone can be verified from its new front on.
type Retention interface {
	// Truncate lets the events of a stream below a revision disappear. Revisions do not change. It gives ErrStreamNotFound
	// when there is no such stream, and changes nothing when its front is that far already.
	Truncate(ctx context.Context, stream string, before int64) error
	// Delete lets all events of a stream disappear. An append under NoStream or Any revives the stream, whose revisions go
	// on from where they were. It gives ErrConflict when the stream is not at the expected revision, and
	// ErrStreamNotFound when there is no such stream.
	Delete(ctx context.Context, stream string, expected ExpectedRevision) error
}
