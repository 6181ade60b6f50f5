package aggregate

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/skaldgo/skald/eventstore"
)

// SnapshotPrefix begins the names of the streams that a StreamSnapshots writes: "snapshot:account-7" holds the snapshots
// of "account-7". Readers of the whole log may pass them over.
const SnapshotPrefix = "snapshot:"

// TypeAggregateSnapshot is the type of the events in such a stream.
const TypeAggregateSnapshot = "AggregateSnapshot"

// StreamSnapshots keeps snapshots in the event store itself, in any store, each as one event in a stream of its own
// beside that of the aggregate. A checksum finds a snapshot that was damaged.
//
// It keeps a snapshot only if the events which that spares to fold are worth it, counted with 256 bytes each since the
// last one: so snapshots make a log at most about twice as large. One over the store's limit of an append is not kept.
// Of several writers at one moment one wins, and the others leave it at that.
type StreamSnapshots struct{ store eventstore.Store }

// NewStreamSnapshots returns the snapshots that a store holds.
func NewStreamSnapshots(store eventstore.Store) *StreamSnapshots {
	return &StreamSnapshots{store: store}
}

// sparedBytes is what an event counts for.
const sparedBytes = 256

// SaveSnapshot implements SnapshotStore. It gives no error for a snapshot that it leaves out, nor when another writer came
// first.
func (s *StreamSnapshots) SaveSnapshot(ctx context.Context, snapshot Snapshot) error {
	last, lastErr := s.last(ctx, snapshot.Head.Stream)
	if lastErr != nil && !errors.Is(lastErr, ErrSnapshotUnusable) {
		return lastErr
	}
	spared := snapshot.Head.Revision + 1
	if old := last.snapshot; lastErr == nil && last.revision >= 0 {
		switch {
		case old.Schema > snapshot.Schema:
			return nil // a newer program uses it; two that took turns would make the log grow for nothing
		case old.Schema == snapshot.Schema && old.Head == snapshot.Head:
			return nil
		case old.Schema == snapshot.Schema && old.Head.Revision < snapshot.Head.Revision:
			spared -= old.Head.Revision + 1
		}
	}
	if int64(len(snapshot.State)) > spared*sparedBytes {
		return nil
	}
	data, err := encodeSnapshot(snapshot)
	if err != nil {
		return err
	}
	id, err := eventstore.NewEventID()
	if err != nil {
		return err
	}
	_, err = s.store.Append(ctx, SnapshotPrefix+snapshot.Head.Stream, eventstore.Exactly(last.revision),
		eventstore.EventData{ID: id, Type: TypeAggregateSnapshot, Data: data, Metadata: []byte("{}")})
	if errors.Is(err, eventstore.ErrConflict) || errors.Is(err, eventstore.ErrTooLarge) {
		return nil
	}
	return err
}

// LatestSnapshot implements SnapshotStore. ErrSnapshotUnusable: the last one is damaged.
func (s *StreamSnapshots) LatestSnapshot(ctx context.Context, stream string) (Snapshot, bool, error) {
	last, err := s.last(ctx, stream)
	return last.snapshot, err == nil && last.revision >= 0, err
}

// storedSnapshot is the last event of a stream of snapshots; its revision is -1 when there is none.
type storedSnapshot struct {
	snapshot Snapshot
	revision int64
}

func (s *StreamSnapshots) last(ctx context.Context, stream string) (storedSnapshot, error) {
	for ev, err := range s.store.ReadStream(ctx, SnapshotPrefix+stream, math.MaxInt64, eventstore.Backwards) {
		if errors.Is(err, eventstore.ErrStreamNotFound) {
			break
		}
		if err != nil {
			return storedSnapshot{revision: -1}, err
		}
		snapshot, err := decodeSnapshot(&ev)
		return storedSnapshot{snapshot: snapshot, revision: ev.Revision}, err
	}
	return storedSnapshot{revision: -1}, nil
}

// snapshotJSON is the form of a snapshot in the log. The state comes last, as it is.
type snapshotJSON struct {
	Stream   string          `json:"stream"`
	Revision int64           `json:"revision"`
	Hash     string          `json:"hash"`
	First    int64           `json:"first,omitempty"`
	Events   int64           `json:"events"`
	Unhashed int64           `json:"unhashed,omitempty"`
	Fence    uint64          `json:"fence,omitempty"`
	Schema   int             `json:"schema"`
	Sum      string          `json:"sum"`
	State    json.RawMessage `json:"state,omitempty"`
}

func encodeSnapshot(s Snapshot) ([]byte, error) {
	s.State = bytes.TrimSpace(s.State)
	if !json.Valid(s.State) {
		return nil, fmt.Errorf("the state is not JSON: %w", ErrSnapshotUnusable)
	}
	head, err := json.Marshal(snapshotJSON{
		Stream: s.Head.Stream, Revision: s.Head.Revision, Hash: hex.EncodeToString(s.Head.Hash[:]),
		First: s.Chain.First, Events: s.Chain.Events, Unhashed: s.Chain.Unhashed,
		Fence: s.Fence, Schema: s.Schema, Sum: s.sum(),
	})
	if err != nil {
		return nil, err
	}
	return slices.Concat(head[:len(head)-1], []byte(`,"state":`), s.State, []byte("}")), nil
}

func decodeSnapshot(ev *eventstore.RecordedEvent) (Snapshot, error) {
	var form snapshotJSON
	if err := json.Unmarshal(ev.Data, &form); err != nil || ev.Type != TypeAggregateSnapshot {
		return Snapshot{}, fmt.Errorf("revision %d of %q is none: %w", ev.Revision, ev.Stream, ErrSnapshotUnusable)
	}
	s := Snapshot{
		Head:  Head{Stream: form.Stream, Revision: form.Revision},
		Chain: ChainReport{First: form.First, Events: form.Events, Unhashed: form.Unhashed},
		Fence: form.Fence, Schema: form.Schema, State: form.State,
	}
	if n, err := hex.Decode(s.Head.Hash[:], []byte(form.Hash)[:min(len(form.Hash), 2*sha256.Size)]); err != nil || n != sha256.Size || form.Sum != s.sum() {
		return Snapshot{}, fmt.Errorf("revision %d of %q is damaged: %w", ev.Revision, ev.Stream, ErrSnapshotUnusable)
	}
	return s, nil
}

// sum is a checksum over everything in a snapshot.
func (s *Snapshot) sum() string {
	b := make([]byte, 0, 256)
	for _, n := range []uint64{
		uint64(s.Head.Revision), uint64(s.Chain.First), uint64(s.Chain.Events), uint64(s.Chain.Unhashed), s.Fence, uint64(s.Schema),
	} {
		b = binary.BigEndian.AppendUint64(b, n)
	}
	b = append(b, s.Head.Hash[:]...)
	b = append(b, s.Head.Stream...)
	h := sha256.New()
	h.Write(b)
	h.Write(s.State)
	return hex.EncodeToString(h.Sum(nil))
}
