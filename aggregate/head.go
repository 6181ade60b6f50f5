package aggregate

import "github.com/skaldgo/skald/eventstore"

// Head is where a chained stream ends. Two heads of one stream are equal if and only if they end the same history, so a
// head kept elsewhere proves later that nothing before it was changed.
type Head struct {
	Stream   string
	Revision int64    // of the last event, -1 for a stream without events
	Hash     [32]byte // of the last event, zero for a stream without events
}

// NewHead returns the head of a stream that holds no event yet.
func NewHead(stream string) Head { return Head{Stream: stream, Revision: -1} }

// Expected returns the precondition of an append that goes on from here.
func (h Head) Expected() eventstore.ExpectedRevision { return eventstore.Exactly(h.Revision) }
