package esdbtest

import (
	"cmp"
	"math"
	"strings"
	"time"

	"github.com/google/uuid"
)

const (
	// deletedStream is the number of the last event of a stream that is deleted for ever, and the $tb of one that may
	// be revived.
	deletedStream = math.MaxInt64

	typeMetadata  = "$metadata"
	typeTombstone = "$streamDeleted"
	jsonContent   = "application/json"
)

// record is one entry of the log. It is never changed once it is written.
type record struct {
	at, end uint64 // where it begins and where the next one does
	stream  string
	number  int64
	event
	created time.Time
	hidden  bool // belongs to no stream and shows up nowhere; it only takes up room
}

// event is what a client proposes.
type event struct {
	id          uuid.UUID
	kind        string
	contentType string
	data        []byte
	metadata    []byte
}

// size is what an event counts for the limit of an append.
func (e event) size() int { return len(e.data) + len(e.metadata) + 2*len(e.kind) }

// footprint is how many bytes of the log a record takes: its texts, and about what the server spends on lengths, flags,
// ids and times.
func (r *record) footprint() uint64 {
	return uint64(95 + len(r.stream) + len(r.kind) + len(r.data) + len(r.metadata))
}

func (r *record) position() position { return position{r.at, r.at} }

// position is a place in $all. What the server records has the same commit and prepare position; what it answers as the
// place to go on from has the prepare position 0.
type position struct{ commit, prepare uint64 }

func (p position) compare(q position) int {
	if c := cmp.Compare(p.commit, q.commit); c != 0 {
		return c
	}
	return cmp.Compare(p.prepare, q.prepare)
}

func isMeta(stream string) bool { return strings.HasPrefix(stream, "$$") }

func metaOf(stream string) string { return "$$" + stream }

func originalOf(meta string) string { return strings.TrimPrefix(meta, "$$") }
