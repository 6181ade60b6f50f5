package aggregate

import (
	"context"
	"fmt"

	"github.com/skaldgo/skald/eventstore"
)

// Load folds the events of the stream, checking the hash chain on the way. The aggregate is new and belongs to the caller.
//
// With Config.Snapshots, a long stream is folded from its newest snapshot on, and only the events behind that are read
// and checked. When Load had to fold Config.SnapshotEvery events or more, it saves a snapshot before it returns; whether
// that succeeds makes no difference to what it returns.
//
// Errors: eventstore.ErrStreamNotFound when there is no event, *ChainError (ErrChainBroken), *DecodeError, and those of
// the store.
func (r *Repository[A, C, E]) Load(ctx context.Context, id string) (Loaded[A], error) {
	f, err := r.fold(ctx, id)
	if err != nil {
		return Loaded[A]{}, err
	}
	r.keep(ctx, &f)
	return f.Loaded, nil
}

// folded is an aggregate and how far its stream is folded.
type folded[A any] struct {
	Loaded[A] // Head and Chain are filled in at the end
	chain     Chain
	events    int  // folded one by one, since the snapshot if there was one
	hashed    bool // the last event carries its hash
}

// lookAfter is how many events are folded before a snapshot is looked for, so that short streams cost nothing.
const lookAfter = 64

func (r *Repository[A, C, E]) fold(ctx context.Context, id string) (folded[A], error) {
	stream := r.Stream(id)
	if err := eventstore.ValidateStreamName(stream); err != nil {
		return folded[A]{}, err
	}
	scratch := r.scratch.Get().(*scratch)
	defer r.scratch.Put(scratch)
	f := folded[A]{Loaded: Loaded[A]{Aggregate: r.cfg.New(id)}, chain: Chain{buf: scratch.hash}}
	long, err := r.read(ctx, &f, stream, 0, r.cfg.Snapshots != nil)
	if err == nil && long {
		var resumed bool
		if resumed, err = r.resume(ctx, id, &f); err == nil && !resumed {
			_, err = r.read(ctx, &f, stream, f.chain.head.Revision+1, false)
		}
	}
	scratch.hash = f.chain.buf
	if err == nil && f.chain.report.Events == 0 {
		err = fmt.Errorf("load %q: %w", stream, eventstore.ErrStreamNotFound)
	}
	if err != nil {
		return folded[A]{}, err
	}
	f.Head, f.Chain = f.chain.head, f.chain.report
	return f, nil
}

// read folds the events from a revision on. With look it stops after some, and reports that the stream is long.
func (r *Repository[A, C, E]) read(ctx context.Context, f *folded[A], stream string, from int64, look bool) (bool, error) {
	for ev, err := range r.cfg.Store.ReadStream(ctx, stream, from, eventstore.Forwards) {
		if err != nil {
			return false, fmt.Errorf("load %q: %w", stream, err)
		}
		if err := r.take(f, &ev); err != nil {
			return false, err
		}
		if look && f.events >= lookAfter {
			return true, nil
		}
	}
	return false, nil
}

// take folds one event.
func (r *Repository[A, C, E]) take(f *folded[A], ev *eventstore.RecordedEvent) error {
	unhashed := f.chain.report.Unhashed
	if err := f.chain.next(ev); err != nil {
		return err
	}
	event, err := decodeEvent[E](r.cfg.Registry, ev)
	if err != nil {
		return err
	}
	fence, err := eventstore.FenceOf(ev.Metadata)
	if err != nil {
		return &DecodeError{Stream: ev.Stream, Revision: ev.Revision, Type: ev.Type, Err: err}
	}
	f.Fence = max(f.Fence, fence)
	f.Aggregate.Evolve(event)
	f.hashed = f.chain.report.Unhashed == unhashed
	f.events++
	return nil
}
