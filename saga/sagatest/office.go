package sagatest

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

// errNoSnapshots: what is kept to load a saga faster is left out.
var errNoSnapshots = fmt.Errorf("a simulation keeps no snapshots: %w", eventstore.ErrStreamNotFound)

// office is the log as an operator's program has it that is shipped with ids of events that chance gives. What it appends is
// appended with ids that follow from the seed, behind the event that it has read last.
type office struct {
	*tape
	last map[string]eventstore.RecordedEvent // by stream
}

// ReadStream is the world's ReadStream of the stream of a saga, with its faults.
func (o *office) ReadStream(ctx context.Context, stream string, from int64, dir eventstore.Direction,
) iter.Seq2[eventstore.RecordedEvent, error] {
	return func(yield func(eventstore.RecordedEvent, error) bool) {
		ref, is := saga.ParseStream(stream)
		if !is {
			yield(eventstore.RecordedEvent{}, errNoSnapshots)
			return
		}
		if o.w.current != nil {
			o.w.current.at = point{of: ofMigration, saga: o.w.byRef[ref].number}
		}
		for ev, err := range o.tape.ReadStream(ctx, stream, from, dir) {
			if err == nil {
				o.last[stream] = ev
			}
			if !yield(ev, err) {
				return
			}
		}
	}
}

// Append appends to the stream of a saga, with the world's faults. While the store is unavailable it tries again.
func (o *office) Append(ctx context.Context, stream string, expected eventstore.ExpectedRevision,
	events ...eventstore.EventData,
) (eventstore.AppendResult, error) {
	ref, is := saga.ParseStream(stream)
	if !is {
		return eventstore.AppendResult{}, errNoSnapshots
	}
	head, err := headOf(o.last[stream])
	if expected != head.Expected() {
		err = errors.Join(err, fmt.Errorf("append to %s: expected %s, and what was read ends at %d", stream, expected, head.Revision))
	}
	meta, malformed := eventstore.ParseMetadata(events[0].Metadata)
	decided := make([]saga.Event, len(events))
	for i, ev := range events {
		value, unknown := o.w.registry.Decode(ev.Type, 1, ev.Data)
		decided[i], _ = value.(saga.Event)
		err = errors.Join(err, unknown)
	}
	if err := errors.Join(err, malformed); err != nil {
		return eventstore.AppendResult{}, err
	}
	head, err = o.w.of(ref).repo.Append(ctx, head, decided, aggregate.Envelope{
		CorrelationID: meta.CorrelationID, CausationID: meta.CausationID, Actor: meta.Actor, At: meta.At,
	})
	if errors.Is(err, eventstore.ErrConflict) {
		o.w.mark(markMigrationSlow)
	}
	return eventstore.AppendResult{Revision: head.Revision}, err
}

func headOf(ev eventstore.RecordedEvent) (aggregate.Head, error) {
	meta, err := eventstore.ParseMetadata(ev.Metadata)
	return aggregate.Head{Stream: ev.Stream, Revision: ev.Revision, Hash: meta.Hash}, err
}
