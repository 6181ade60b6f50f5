package verify

import (
	"encoding/json"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

// indexRecord is a record of a restart index that is not complete yet.
type indexRecord struct {
	position eventstore.Position
	next     int // the chunk that goes on with it
	named    map[saga.Ref]struct{}
}

// indexEvent looks at a chunk of a restart index. A record may break off, when its orchestrator ended; the next one then
// begins anew.
func (p *pass) indexEvent(s *stream, ev *eventstore.RecordedEvent) {
	var chunk saga.OpenSagasRecorded
	if ev.Type != saga.TypeOpenSagasRecorded {
		p.found.add(ruleIndex, ev.Stream, ev.Revision, "Its type is %q.", ev.Type)
		return
	}
	if err := json.Unmarshal(ev.Data, &chunk); err != nil {
		p.found.add(ruleIndex, ev.Stream, ev.Revision, "It cannot be decoded: %v.", err)
		return
	}
	if !ev.Position.After(chunk.Position) {
		p.found.add(ruleIndex, ev.Stream, ev.Revision, "It tells of position %s and is at %s itself.",
			chunk.Position, ev.Position)
	}
	r := p.records[s.name]
	switch {
	case chunk.Chunk == 0:
		r = &indexRecord{position: chunk.Position, named: map[saga.Ref]struct{}{}}
		p.records[s.name] = r
	case r == nil || chunk.Chunk != r.next || chunk.Position != r.position:
		p.found.add(ruleIndex, ev.Stream, ev.Revision, "Chunk %d of position %s does not follow.", chunk.Chunk, chunk.Position)
		delete(p.records, s.name)
		return
	}
	r.next = chunk.Chunk + 1
	for name, ids := range chunk.Sagas {
		for _, id := range ids {
			r.named[saga.Ref{Name: name, ID: id}] = struct{}{}
		}
	}
	if chunk.Last {
		delete(p.records, s.name)
		p.checkRecord(r, ev)
	}
}

// checkRecord demands that every saga is named that was open at the position of the record and is open still. One that
// has ended since need not be there, and one too many does no harm.
func (p *pass) checkRecord(r *indexRecord, ev *eventstore.RecordedEvent) {
	for _, s := range sortedStreams(p.open) {
		if s.saga.began.After(r.position) {
			continue
		}
		if _, named := r.named[s.saga.ref]; !named {
			p.found.add(ruleIndexed, ev.Stream, ev.Revision, "It leaves out %s, open since %s.", s.saga.ref, s.saga.began)
		}
	}
}
