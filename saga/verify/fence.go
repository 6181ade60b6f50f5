package verify

import (
	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

// fence judges the token of an event. One without a token is that of someone who needs no lease: an operator, whoever
// started the saga, or a former owner that tells how its last attempt ended.
func (p *pass) fence(s *stream, ev *eventstore.RecordedEvent, meta *eventstore.Metadata) {
	if meta.Fence == 0 {
		return
	}
	if meta.Fence < s.fence {
		p.found.add(ruleFence, ev.Stream, ev.Revision, "Its token is %d, behind one of %d.", meta.Fence, s.fence)
	}
	s.fence = max(s.fence, meta.Fence)
	asker := s.asker
	s.asker = ""
	switch {
	case s.kind != kindSaga:
		return
	case ev.Type == saga.TypeSagaStarted:
		s.asker = meta.Actor
		return
	case ev.Revision == 1 && meta.Actor == asker: // what is stored with a start has the actor of whoever asked for it
		return
	}
	owner, known := p.owners[meta.Fence]
	switch {
	case !known:
		p.owners[meta.Fence] = meta.Actor
	case owner != meta.Actor:
		p.found.add(ruleOwner, ev.Stream, ev.Revision, "Its token %d is that of %q, here it is used by %q.",
			meta.Fence, owner, meta.Actor)
	}
}
