package aggregate

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/skaldgo/skald/eventstore"
)

// Snapshotter is an Aggregate whose state can be kept, so that a long stream need not be folded from its first event.
// A restored aggregate must be equal, for Decide and for Evolve, to the one that was kept: nothing else is checked, and
// events before the snapshot are not looked at again. aggregatetest.RequireSnapshots tests that.
type Snapshotter interface {
	// SnapshotSchema is the version of the state, from 1. Raise it whenever the form of the state changes, or Evolve makes
	// something else of the same events: snapshots of another version are not used.
	SnapshotSchema() int
	// MarshalSnapshot returns the state as JSON. It changes nothing.
	MarshalSnapshot() ([]byte, error)
	// UnmarshalSnapshot takes over a state of the same version. The aggregate is one that Config.New has just made. It may
	// keep the bytes. After an error the aggregate is thrown away, and the stream is folded from its first event.
	UnmarshalSnapshot(state []byte) error
}

// Snapshot is the state of an aggregate after one event of its stream. It is a cache and never the truth: it can be lost,
// old or wrong, and the aggregate is loaded all the same.
type Snapshot struct {
	Head   Head        // of the stream at that event
	Chain  ChainReport // as in Loaded, up to that event
	Fence  uint64      // as in Loaded, up to that event
	Schema int         // of State
	State  []byte      // JSON
}

// SnapshotStore keeps snapshots, for each stream at least the newest. It may lose any of them at any time. Its methods
// are called concurrently, also for one stream, by any number of processes. See StreamSnapshots for one.
type SnapshotStore interface {
	// SaveSnapshot keeps a snapshot. It may leave it out, and need not wait until it is durable. It keeps no reference to
	// s.State.
	SaveSnapshot(ctx context.Context, s Snapshot) error
	// LatestSnapshot returns the snapshot of a stream that was saved last; found is false when there is none. The caller owns
	// it.
	LatestSnapshot(ctx context.Context, stream string) (s Snapshot, found bool, err error)
}

// ErrSnapshotUnusable: a snapshot is not used, because it is damaged, of another version, or does not belong to the stream
// as it is now.
var ErrSnapshotUnusable = errors.New("snapshot cannot be used")

// DefaultSnapshotEvery is the default of Config.SnapshotEvery.
const DefaultSnapshotEvery = 256

// snapshotPatience limits how long a snapshot is waited for.
const snapshotPatience = 2 * time.Second

// resume replaces f, which stands somewhere in a long stream, by its snapshot and the events behind that. It reports
// whether it has; when there is no snapshot that fits, f is as it was. An error is one of the events or of their store.
func (r *Repository[A, C, E]) resume(ctx context.Context, id string, f *folded[A]) (bool, error) {
	stream := f.chain.head.Stream
	restored, err := r.restore(ctx, id, f)
	if err != nil {
		r.cfg.OnSnapshot(stream, fmt.Errorf("snapshot of %q: %w", stream, err))
	}
	if restored == nil {
		return false, nil
	}
	at := restored.chain.head
	fits := false
	for ev, err := range r.cfg.Store.ReadStream(ctx, stream, at.Revision, eventstore.Forwards) {
		switch {
		case err != nil:
			return false, fmt.Errorf("load %q: %w", stream, err)
		case fits:
			if err := r.take(restored, &ev); err != nil {
				return false, err
			}
		case !at.isThatOf(&ev):
			r.cfg.OnSnapshot(stream, fmt.Errorf("snapshot of %q at revision %d: the stream holds another event there: %w",
				stream, at.Revision, ErrSnapshotUnusable))
			return false, nil
		default:
			fits, restored.hashed = true, true
		}
	}
	if !fits {
		r.cfg.OnSnapshot(stream, fmt.Errorf("snapshot of %q at revision %d: the stream ends before it: %w",
			stream, at.Revision, ErrSnapshotUnusable))
		return false, nil
	}
	*f = *restored
	return true, nil
}

// restore returns the aggregate of the newest snapshot, nil when there is none that is of use behind f.
func (r *Repository[A, C, E]) restore(ctx context.Context, id string, f *folded[A]) (*folded[A], error) {
	ctx, cancel := context.WithTimeout(ctx, snapshotPatience)
	defer cancel()
	stream := f.chain.head.Stream
	s, found, err := r.cfg.Snapshots.LatestSnapshot(ctx, stream)
	if err != nil || !found || s.Head.Stream == stream && s.Head.Revision <= f.chain.head.Revision {
		return nil, err
	}
	aggregate := r.cfg.New(id)
	keeper := any(aggregate).(Snapshotter)
	switch {
	case s.Head.Stream != stream:
		return nil, fmt.Errorf("it is one of %q: %w", s.Head.Stream, ErrSnapshotUnusable)
	case s.Schema != keeper.SnapshotSchema():
		return nil, fmt.Errorf("its version is %d, that of this program %d: %w", s.Schema, keeper.SnapshotSchema(), ErrSnapshotUnusable)
	case s.Chain.First != f.chain.report.First || s.Chain.First+s.Chain.Events != s.Head.Revision+1:
		return nil, fmt.Errorf("the front of the stream has changed: %w", ErrSnapshotUnusable)
	}
	if err := keeper.UnmarshalSnapshot(s.State); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSnapshotUnusable, err)
	}
	return &folded[A]{
		Loaded: Loaded[A]{Aggregate: aggregate, Fence: s.Fence},
		chain:  Chain{head: s.Head, report: s.Chain, anchored: true, buf: f.chain.buf},
	}, nil
}

// isThatOf reports whether an event is the one that h is the head behind.
func (h Head) isThatOf(ev *eventstore.RecordedEvent) bool {
	_, digits := splitHash(ev.Metadata)
	return ev.Stream == h.Stream && ev.Revision == h.Revision && string(digits) == hex.EncodeToString(h.Hash[:])
}

// keep saves a snapshot if that is worth while. An event without a hash could not be told from another one there.
func (r *Repository[A, C, E]) keep(ctx context.Context, f *folded[A]) {
	if r.cfg.Snapshots == nil || f.events < r.cfg.SnapshotEvery || !f.hashed {
		return
	}
	keeper := any(f.Aggregate).(Snapshotter)
	state, err := keeper.MarshalSnapshot()
	if err == nil {
		ctx, cancel := context.WithTimeout(ctx, snapshotPatience)
		defer cancel()
		err = r.cfg.Snapshots.SaveSnapshot(ctx, Snapshot{
			Head: f.Head, Chain: f.Chain, Fence: f.Fence, Schema: keeper.SnapshotSchema(), State: state,
		})
	}
	if err != nil {
		r.cfg.OnSnapshot(f.Head.Stream, fmt.Errorf("save a snapshot of %q: %w", f.Head.Stream, err))
	}
}
