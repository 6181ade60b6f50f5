package crashtest

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"

	"github.com/skaldgo/skald/eventstore"
)

// load makes up batches of appends.
type load struct {
	rng    *rand.Rand
	hist   *history
	events uint64 // made so far
	clock  int64
}

func (l *load) now() int64 {
	l.clock += 1 + l.rng.Int64N(1000)
	return l.clock
}

// batch makes some appends: most to the heads of their streams, several to one stream among them, some of which must
// conflict, and repeats of what was in doubt.
func (l *load) batch() []*Request {
	heads := map[string]int64{}
	var batch []*Request
	for range 1 + l.rng.IntN(5) {
		if n := len(l.hist.unknown); n > 0 && l.rng.IntN(3) == 0 {
			batch = append(batch, l.repeat(heads))
			continue
		}
		stream := fmt.Sprintf("note-%d", l.rng.IntN(9))
		head, known := heads[stream]
		if !known {
			head = l.hist.head(stream)
		}
		r := &Request{Stream: stream, Expected: eventstore.Exactly(head), Events: l.newEvents()}
		switch l.rng.IntN(12) {
		case 0:
			r.Expected = eventstore.Exactly(head + 1) // conflict
		case 1:
			r.Expected = eventstore.NoStream // conflict, if there is one
		case 2:
			r.Expected = eventstore.Any
		}
		if r.Expected == eventstore.Any || r.Expected == eventstore.Exactly(head) {
			heads[stream] = head + int64(len(r.Events))
		}
		batch = append(batch, r)
	}
	return batch
}

// repeat sends an append again whose outcome was not told.
func (l *load) repeat(heads map[string]int64) *Request {
	i := l.rng.IntN(len(l.hist.unknown))
	old := l.hist.unknown[i]
	l.hist.unknown = append(l.hist.unknown[:i:i], l.hist.unknown[i+1:]...)
	head, known := heads[old.Stream]
	if !known {
		head = l.hist.head(old.Stream)
	}
	if old.Expected == eventstore.Exactly(head) {
		heads[old.Stream] = head + int64(len(old.Events))
	}
	return &Request{Stream: old.Stream, Expected: old.Expected, Events: old.Events}
}

func (l *load) newEvents() []eventstore.EventData {
	n := 1 + l.rng.IntN(3)
	if l.rng.IntN(12) == 0 {
		n = 10 + l.rng.IntN(20)
	}
	events := make([]eventstore.EventData, n)
	for i := range events {
		size := l.rng.IntN(300)
		switch l.rng.IntN(20) {
		case 0:
			size = 1000 + l.rng.IntN(3000)
		case 1:
			size = 4000 + l.rng.IntN(9000) // on pages of its own
		}
		l.events++
		e := &events[i]
		binary.BigEndian.PutUint64(e.ID[:], l.events)
		binary.BigEndian.PutUint64(e.ID[8:], l.rng.Uint64())
		e.Type = "NoteTaken"
		e.Data = l.bytes(size)
		e.Metadata = l.bytes(l.rng.IntN(60))
	}
	return events
}

func (l *load) bytes(n int) []byte {
	b := make([]byte, n)
	for i := 0; i < n; i += 8 {
		var word [8]byte
		binary.LittleEndian.PutUint64(word[:], l.rng.Uint64())
		copy(b[i:], word[:])
	}
	return b
}
