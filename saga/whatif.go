package saga

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
)

// WhatIfFilter chooses sagas of a definition. The zero value chooses all; conditions hold together.
type WhatIfFilter struct {
	// IDPrefix chooses sagas whose id begins with it.
	IDPrefix string
	// OpenOnly leaves out sagas that have ended.
	OpenOnly bool
	// StartedFrom and StartedBefore choose by the instant of the start, the first of them inclusive. Zero is no limit.
	StartedFrom, StartedBefore time.Time
}

// startedIn reports whether the filter chooses sagas that were started at an instant.
func (f WhatIfFilter) startedIn(at time.Time) bool {
	return !at.Before(f.StartedFrom) && (f.StartedBefore.IsZero() || at.Before(f.StartedBefore))
}

// WhatIf tells what would have become of the recorded sagas of a definition under a changed one: it takes their history
// from a log and rehearses each of them as [Rehearse] does. The name of the definition says which sagas; its functions are
// not called, nothing is written, and orchestrators may run meanwhile.
//
// It reads the log once, up to its head as of the first pull, and yields each saga once: those that have ended in the
// order of their ends, then the open ones in the order of their starts. The same log gives the same rehearsals. It keeps
// the histories of open sagas in memory, and nothing of those that it has yielded. A saga whose history cannot be read is
// yielded as CannotRead and stops no other.
//
// An error is yielded once and ends it: a definition that is not valid, an error of the store, the end of ctx. The
// iterator is good for one loop. The hash chain is not verified: projector audit verify does that.
func WhatIf(
	ctx context.Context, store eventstore.Store, filter WhatIfFilter, definition AnyDefinition,
) iter.Seq2[Rehearsal, error] {
	return func(yield func(Rehearsal, error) bool) {
		c, err := compile(definition)
		if err != nil {
			yield(Rehearsal{}, fmt.Errorf("what if: %w", err))
			return
		}
		if store == nil {
			yield(Rehearsal{}, fmt.Errorf("what if of %s: no Store", c.name))
			return
		}
		registry, err := NewRegistry()
		if err != nil {
			yield(Rehearsal{}, fmt.Errorf("what if: %w", err))
			return
		}
		l := &pastLog{registry: registry, filter: filter, open: map[Ref]*pastSaga{}}
		prefix := Ref{Name: c.name, ID: filter.IDPrefix}.Stream()
		streams := eventstore.Filter{StreamPrefixes: []string{prefix}}
		for ev, err := range store.ReadAll(ctx, eventstore.Position{}, eventstore.Forwards, streams) {
			if err != nil {
				yield(Rehearsal{}, fmt.Errorf("what if of %s: %w", c.name, err))
				return
			}
			if ended := l.add(ev); ended != nil && !filter.OpenOnly && !yield(ended.rehearse(c), nil) {
				return
			}
		}
		for _, one := range l.rest() {
			if !yield(one.rehearse(c), nil) {
				return
			}
		}
	}
}

// pastLog collects the histories of sagas from a log.
type pastLog struct {
	registry *eventstore.Registry
	filter   WhatIfFilter
	open     map[Ref]*pastSaga
	seen     int
}

// pastSaga is the history of one saga so far.
type pastSaga struct {
	ref     Ref
	number  int // in the order of starts
	events  []PastEvent
	why     string // it cannot be read
	leftOut bool
}

// add takes in one event, and returns its saga if that has ended with it and was chosen.
func (l *pastLog) add(ev eventstore.RecordedEvent) *pastSaga {
	ref, ok := ParseStream(ev.Stream)
	if !ok {
		return nil
	}
	one := l.open[ref]
	if one == nil {
		l.seen++
		one = &pastSaga{ref: ref, number: l.seen}
		l.open[ref] = one
	}
	one.add(l, ev)
	if noteOf(ev.Type) != noteEnded {
		return nil
	}
	delete(l.open, ref)
	if one.leftOut {
		return nil
	}
	return one
}

func (one *pastSaga) add(l *pastLog, ev eventstore.RecordedEvent) {
	if one.why != "" || one.leftOut {
		return
	}
	event, err := aggregate.DecodeEvent[Event](l.registry, ev)
	if err == nil && ev.Revision != int64(len(one.events)) {
		err = fmt.Errorf("revision %d follows revision %d", ev.Revision, len(one.events)-1)
	}
	var meta eventstore.Metadata
	if err == nil {
		meta, err = eventstore.ParseMetadata(ev.Metadata)
	}
	if err != nil {
		one.why = err.Error()
		return
	}
	if len(one.events) == 0 {
		one.leftOut = !l.filter.startedIn(meta.At)
	}
	one.events = append(one.events, PastEvent{Event: event, At: meta.At})
}

// rest returns the sagas that have not ended, in the order of their starts.
func (l *pastLog) rest() []*pastSaga {
	var list []*pastSaga
	for _, one := range l.open {
		if !one.leftOut {
			list = append(list, one)
		}
	}
	slices.SortFunc(list, func(a, b *pastSaga) int { return a.number - b.number })
	return list
}

func (one *pastSaga) rehearse(c *compiled) Rehearsal {
	if one.why != "" {
		return Rehearsal{Ref: one.ref, Verdict: CannotRead, Revision: -1, Why: one.why}
	}
	return rehearse(c, one.ref, one.events)
}
