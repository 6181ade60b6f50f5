package verify

import (
	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

// lateEvent looks at news of a saga that had ended.
func (p *pass) lateEvent(s *stream, ev *eventstore.RecordedEvent) {
	p.report.Late++
	var f fact
	schema, err := eventstore.SchemaOf(ev.Metadata)
	if err != nil || !p.decode(ev, schema, &f) {
		return
	}
	about := p.streams[saga.CategoryPrefix+s.name[len(latePrefix):]]
	switch {
	case ev.Type != saga.TypeStepCompleted || !f.Late:
		p.found.add(ruleLate, ev.Stream, ev.Revision, "This is a %s.", ev.Type)
	case about == nil || !about.ended:
		p.found.add(ruleLate, ev.Stream, ev.Revision, "There is no such saga that has ended.")
	case !about.tell(f.Step, f.Attempt):
		p.found.add(ruleLate, ev.Stream, ev.Revision, "Attempt %d of %q was not given up without success, or is told twice.",
			f.Attempt, f.Step)
	case p.books != nil:
		p.books.excuse(about.name, f.Step)
	}
}

// tell notes that an attempt which was given up has succeeded; false when that is no news.
func (s *stream) tell(step string, attempt int) bool {
	for i := range s.lost {
		if l := &s.lost[i]; l.step == step && l.attempt == attempt && !l.told {
			l.told = true
			return true
		}
	}
	return false
}
