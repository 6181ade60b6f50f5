package eventstore

import (
	"fmt"
	"math"
	"strconv"
)

// ExpectedRevision is the precondition of an append. The zero value is NoStream, the safest one. Code that is to run on
// every store uses NoStream and Exactly only: repeats under the other two are not recognised.
type ExpectedRevision int64

const (
	// NoStream passes when the stream holds no event.
	NoStream ExpectedRevision = 0
	// Any passes always.
	Any ExpectedRevision = -1
	// StreamExists passes when the stream holds at least one event.
	StreamExists ExpectedRevision = -2
)

// Exactly passes when the last event of the stream has the given revision. Exactly(-1) is NoStream, as the revision of an
// empty stream is -1; any other negative revision, and the largest int64, make an expectation that no store accepts.
func Exactly(revision int64) ExpectedRevision {
	if revision < -1 || revision == math.MaxInt64 {
		return math.MinInt64
	}
	return ExpectedRevision(revision + 1)
}

// Revision returns the revision that the stream must have, -1 for NoStream; ok is false for Any and StreamExists.
func (e ExpectedRevision) Revision() (revision int64, ok bool) {
	return int64(e) - 1, e >= 0
}

// Valid reports whether e is one of the four kinds of expectation.
func (e ExpectedRevision) Valid() bool { return e >= StreamExists }

func (e ExpectedRevision) String() string {
	switch e {
	case NoStream:
		return "no stream"
	case Any:
		return "any"
	case StreamExists:
		return "stream exists"
	}
	if !e.Valid() {
		return fmt.Sprintf("invalid(%d)", int64(e))
	}
	return strconv.FormatInt(int64(e)-1, 10)
}
