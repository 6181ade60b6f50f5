package verify

import (
	"context"
	"strings"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

// pass is one reading of a log.
type pass struct {
	cfg     Config
	sagas   bool // judge more than the streams as such
	report  Report
	found   violations
	streams map[string]*stream
	open    map[string]*stream // of sagas that have not ended
	ids     idSet
	hasher  hasher
	order   [32]byte // over the hashes of all events, in the order of the log
	defs    definitions
	fact    fact
	records map[string]*indexRecord // by stream of a restart index
	books   *books
	replay  *replay
	owners  map[uint64]string // by token

	requested map[string]requested // children that have not begun, by stream
	against   *comparison
}

// kind is what a stream is to this package.
type kind uint8

const (
	kindForeign kind = iota
	kindSaga
	kindLate
	kindIndex
)

const (
	latePrefix  = "late:"
	indexPrefix = "orchestrator-"
)

// stream is what is kept of every stream.
type stream struct {
	name  string
	kind  kind
	ended bool
	next  int64 // the revision that must come next
	hash  [32]byte
	fence uint64
	asker string   // the actor of the SagaStarted at hand, when it carries a token
	saga  *history // of a saga that has not ended
	lost  []lostAttempt

	correlation string
	parent      *saga.Parent // nil for a saga that no other has started
	end         string       // the type of the event that ended it
	unclear     bool         // not all of its events could be judged
}

func newPass(ctx context.Context, source Source, cfg Config) (*pass, error) {
	p := &pass{
		cfg: cfg, found: violations{limit: cfg.MaxViolations},
		streams: map[string]*stream{}, open: map[string]*stream{}, records: map[string]*indexRecord{},
		owners: map[uint64]string{}, requested: map[string]requested{},
		defs: definitions{known: map[string]*definition{}},
	}
	if cfg.Seal == nil {
		return p, nil
	}
	id, err := logID(ctx, source)
	if err != nil {
		return nil, err
	}
	p.against = newComparison(cfg.Seal)
	if id != cfg.Seal.LogID {
		p.found.add(ruleSameLog, "", -1, "The sealed log has the id %q, this one has %q.", cfg.Seal.LogID, id)
	}
	return p, nil
}

// event takes in the next event of the log.
func (p *pass) event(ev *eventstore.RecordedEvent) {
	if p.report.Events > 0 && !ev.Position.After(p.report.Position) {
		p.found.add(ruleOrder, ev.Stream, ev.Revision, "It is at %s, behind one at %s.", ev.Position, p.report.Position)
	}
	p.report.Events++
	p.report.Position = ev.Position
	p.ids.add(ev.ID)
	s := p.streams[ev.Stream]
	if s == nil {
		s = &stream{name: ev.Stream, kind: kindOf(ev.Stream)}
		p.streams[ev.Stream] = s
		if s.kind == kindSaga {
			p.report.Sagas++
		}
	}
	p.follow(s, ev)
	if p.against != nil {
		p.against.event(p, s, ev)
	}
	if !p.sagas {
		return
	}
	meta, err := eventstore.ParseMetadata(ev.Metadata)
	if err != nil && s.kind != kindForeign {
		p.found.add(ruleReadable, ev.Stream, ev.Revision, "Its metadata is unreadable: %v.", err)
		if s.kind == kindSaga {
			p.giveUp(s, ev)
		}
		return
	}
	p.fence(s, ev, &meta)
	switch s.kind {
	case kindSaga:
		p.sagaEvent(s, ev, &meta)
	case kindLate:
		p.lateEvent(s, ev)
	case kindIndex:
		p.indexEvent(s, ev)
	case kindForeign:
	}
}

func kindOf(name string) kind {
	if _, ok := saga.ParseStream(name); ok {
		return kindSaga
	}
	switch {
	case strings.HasPrefix(name, latePrefix):
		return kindLate
	case strings.HasPrefix(name, indexPrefix):
		return kindIndex
	}
	return kindForeign
}

// follow checks the place of an event in its stream, and its link of the hash chain. What is wrong is reported once: the
// event is then taken at its word, and the next one is expected to follow from it.
func (p *pass) follow(s *stream, ev *eventstore.RecordedEvent) {
	if ev.Revision != s.next {
		p.found.add(ruleRevisions, ev.Stream, ev.Revision, "Revision %d was to come next.", s.next)
	}
	s.next = ev.Revision + 1
	hash, digits := p.hasher.link(&s.hash, ev)
	p.order = p.hasher.pair(&p.order, &hash)
	chained := s.kind == kindSaga || s.kind == kindLate
	switch {
	case digits == nil && chained:
		p.found.add(ruleChain, ev.Stream, ev.Revision, "It carries no hash.")
	case digits == nil && s.kind == kindForeign:
		p.report.Unhashed++
	case digits != nil && !matches(&hash, digits):
		p.found.add(ruleChain, ev.Stream, ev.Revision, "It carries the hash %s, its contents give %x.", digits, hash)
		if said, ok := stated(digits); ok {
			hash = said
		}
	}
	s.hash = hash
}

// end looks at what only the end of the log shows.
func (p *pass) end() {
	for _, s := range sortedStreams(p.open) {
		s.saga.atRest()
	}
	if p.replay != nil {
		p.replay.close(p)
	}
	if p.books != nil {
		p.books.close(p)
	}
	if p.against != nil {
		p.against.end(p)
	}
}

func (p *pass) result() Report {
	r := p.report
	r.Streams = len(p.streams)
	if p.sagas {
		r.Open, r.Ended = len(p.open), r.Sagas-len(p.open)
	}
	for _, s := range p.open {
		if s.saga.parked {
			r.Parked++
		}
	}
	r.Violations, r.Broken = p.found.list, p.found.broken
	return r
}
