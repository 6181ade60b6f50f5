package esdbtest

import (
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/google/uuid"
)

// journal is the log that all nodes share: one sequence of records, of which a part at the end may not be committed yet.
// Its methods lock it unless they say otherwise.
type journal struct {
	now func() time.Time

	mu        sync.Mutex
	records   []*record
	streams   map[string][]*record
	bounds    map[uint64]bool // where records begin or began; a position elsewhere is none
	end       uint64
	committed uint64 // everything before it is committed
	waiting   []*write
	ids       *idCache
	changed   chan struct{} // closed when there may be more to read
}

// write is one write on its way to being committed.
type write struct {
	end   uint64
	ready bool
	lost  bool          // set before done is closed
	done  chan struct{} // closed when the write is committed or lost
}

func newJournal(now func() time.Time, idCacheBytes int) *journal {
	return &journal{
		now: now, streams: map[string][]*record{}, bounds: map[uint64]bool{0: true}, ids: newIDCache(idCacheBytes),
		changed: make(chan struct{}),
	}
}

// put adds a record at the end. The journal is locked.
func (j *journal) put(stream string, number int64, e event, hidden bool) *record {
	r := &record{at: j.end, stream: stream, number: number, event: e, created: j.now(), hidden: hidden}
	r.end = r.at + r.footprint()
	j.end = r.end
	j.bounds[r.at], j.bounds[r.end] = true, true
	j.records = append(j.records, r)
	if !hidden {
		j.streams[stream] = append(j.streams[stream], r)
		j.ids.put(e.id, stream, number)
	}
	return r
}

// queue makes what was put since the last call one write, to be committed after those before it. The journal is locked.
func (j *journal) queue() *write {
	w := &write{end: j.end, done: make(chan struct{})}
	j.waiting = append(j.waiting, w)
	return w
}

// ready says that nothing of the write's own holds it back any more.
func (j *journal) ready(w *write) {
	j.mu.Lock()
	defer j.mu.Unlock()
	w.ready = true
	for len(j.waiting) > 0 && j.waiting[0].ready {
		j.committed = j.waiting[0].end
		close(j.waiting[0].done)
		j.waiting = j.waiting[1:]
	}
	j.signal()
}

// signal wakes everyone who waits for more to read. The journal is locked.
func (j *journal) signal() {
	close(j.changed)
	j.changed = make(chan struct{})
}

func (j *journal) wake() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.signal()
}

// lead begins the time of another leader: what was not committed is lost, what was known about ids is forgotten, and an
// epoch record is written.
func (j *journal) lead() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.truncate()
	j.put("$epoch-information", -1, event{id: uuid.New(), kind: "$epoch-information", contentType: jsonContent}, true)
	j.committed = j.end
	j.signal()
}

// lose drops what is not committed.
func (j *journal) lose() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.truncate()
}

// truncate is lose with the journal locked. It forgets all ids, lest one of an event that is lost be taken for there.
func (j *journal) truncate() {
	j.ids.clear()
	for len(j.records) > 0 && j.records[len(j.records)-1].at >= j.committed {
		r := j.records[len(j.records)-1]
		j.records = j.records[:len(j.records)-1]
		delete(j.bounds, r.end)
		if all := j.streams[r.stream]; !r.hidden {
			j.streams[r.stream] = all[:len(all)-1]
		}
	}
	j.end = j.committed
	for _, w := range j.waiting {
		w.lost = true
		close(w.done)
	}
	j.waiting = nil
}

func (j *journal) forgetIDs() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.ids.clear()
}

// limit returns up to where everything is committed.
func (j *journal) limit() uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.committed
}

// before returns those records that begin before a place in the log.
func before(records []*record, limit uint64) []*record {
	return records[:sort.Search(len(records), func(i int) bool { return records[i].at >= limit })]
}

// drop removes records for good. The journal is locked.
func (j *journal) drop(gone func(*record) bool) {
	j.records = slices.DeleteFunc(slices.Clone(j.records), gone)
	for name, all := range j.streams {
		j.streams[name] = slices.DeleteFunc(slices.Clone(all), gone)
	}
}
