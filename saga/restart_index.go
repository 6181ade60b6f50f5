package saga

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"

	"github.com/skaldgo/skald/eventstore"
)

// TypeOpenSagasRecorded is the type of the events of a restart index.
const TypeOpenSagasRecorded = "OpenSagasRecorded"

// OpenSagasRecorded says which sagas were open at a position of the log, so that a restart reads only what follows. A
// record can take several events; it counts only when its last one is there. The index saves time and nothing else:
// when it is lost or damaged, a restart reads the whole log and comes to the same result.
type OpenSagasRecorded struct {
	Position eventstore.Position `json:"position"`
	Chunk    int                 `json:"chunk"` // from 0
	Last     bool                `json:"last"`
	// Sagas are the ids of open sagas, by name.
	Sagas map[string][]string `json:"sagas"`
}

const (
	indexCategory      = "orchestrator"
	minIndexedTail     = 10_000
	indexedTailPerSaga = 4
	maxChunkBytes      = 200 << 10 // of ids; with quotes and names it stays under 256 KiB
)

// IndexStream returns the name of the stream that holds the restart index of the orchestrator of that name.
func IndexStream(orchestrator string) string { return indexCategory + "-" + orchestrator }

// openRecord is one complete record.
type openRecord struct {
	position eventstore.Position
	open     map[Ref]struct{}
}

// add takes over the sagas of a chunk. It refuses those that no log can hold.
func (r openRecord) add(sagas map[string][]string) error {
	for name, ids := range sagas {
		for _, id := range ids {
			ref := Ref{Name: name, ID: id}
			if parsed, isSaga := ParseStream(ref.Stream()); !isSaga || parsed != ref {
				return fmt.Errorf("there can be no saga %q", ref)
			}
			if err := eventstore.ValidateStreamName(ref.Stream()); err != nil {
				return err
			}
			r.open[ref] = struct{}{}
		}
	}
	return nil
}

type recordResult struct {
	head int64
	err  error
}

// lastRecord returns the newest complete record, or an empty one when there is none that can be used.
func (s *session) lastRecord(ctx context.Context) (openRecord, error) {
	record := openRecord{open: map[Ref]struct{}{}}
	want := -1 // the chunk that must come next, backwards; -1 while looking for a last one
	for ev, err := range s.o.cfg.Store.ReadStream(ctx, IndexStream(s.o.cfg.Name), math.MaxInt64, eventstore.Backwards) {
		switch {
		case errors.Is(err, eventstore.ErrStreamNotFound):
			return record, nil
		case errors.Is(err, eventstore.ErrCorrupt):
			return s.withoutIndex(err), nil
		case err != nil:
			return record, err
		}
		s.indexHead = max(s.indexHead, ev.Revision)
		var chunk OpenSagasRecorded
		if err := json.Unmarshal(ev.Data, &chunk); err != nil {
			return s.withoutIndex(fmt.Errorf("revision %d: %w", ev.Revision, err)), nil
		}
		switch {
		case want < 0 && !chunk.Last: // of a record that was cut off
			continue
		case want >= 0 && (chunk.Chunk != want || chunk.Last || chunk.Position != record.position):
			return s.withoutIndex(fmt.Errorf("revision %d: chunk %d is not %d", ev.Revision, chunk.Chunk, want)), nil
		case chunk.Position.After(ev.Position):
			return s.withoutIndex(fmt.Errorf("revision %d: position %s is behind the record itself", ev.Revision, chunk.Position)), nil
		}
		record.position = chunk.Position
		if err := record.add(chunk.Sagas); err != nil {
			return s.withoutIndex(fmt.Errorf("revision %d: %w", ev.Revision, err)), nil
		}
		if want = chunk.Chunk - 1; want < 0 {
			return record, nil
		}
	}
	return openRecord{open: map[Ref]struct{}{}}, nil
}

func (s *session) withoutIndex(why error) openRecord {
	s.o.cfg.Logger.Warn("restart index cannot be used, reading the whole log", slog.Any("error", why))
	return openRecord{open: map[Ref]struct{}{}}
}

// recordOpen begins a new record when the log has grown enough since the last. A session whose store has failed is cut off
// from it, and begins none.
func (s *session) recordOpen() {
	if s.cut || s.recording != nil || s.followed.IsZero() || s.tail < minIndexedTail {
		return
	}
	if s.tenure != nil && s.engine.shards[0].token == 0 {
		return // whoever holds the first shard writes it: all know the same
	}
	if s.tail < indexedTailPerSaga*s.engine.openAbout() {
		return
	}
	s.tail = 0
	chunks := chunkOpen(s.followed, s.engine.Open())
	head, done := s.indexHead, make(chan recordResult, 1)
	s.recording = done
	s.tasks.Go(func() {
		done <- s.hands.record(head, chunks)
	})
}

func (s *session) record(ctx context.Context, head int64, chunks []OpenSagasRecorded) recordResult {
	for i := range chunks {
		if err := s.appendChunk(ctx, head, chunks[i]); err != nil {
			return recordResult{head: head, err: err}
		}
		head++
	}
	return recordResult{head: head}
}

func (s *session) recorded(result recordResult) {
	s.recording, s.indexHead = nil, result.head
	if conflict, is := errors.AsType[*eventstore.ConflictError](result.err); is {
		s.indexHead = conflict.Actual // another orchestrator of this name wrote; the next record follows it
	}
	if result.err != nil {
		s.o.cfg.Logger.Warn("restart index was not written", slog.Any("error", result.err))
	}
}

func (s *session) appendChunk(ctx context.Context, head int64, chunk OpenSagasRecorded) error {
	var data bytes.Buffer
	encoder := json.NewEncoder(&data)
	encoder.SetEscapeHTML(false) // which would make some ids six times as long
	if err := encoder.Encode(chunk); err != nil {
		return fmt.Errorf("encode the restart index: %w", err)
	}
	id, err := eventstore.NewEventID()
	if err != nil {
		return err
	}
	metadata := eventstore.Metadata{Actor: s.o.actor(""), At: s.o.cfg.Clock()}
	_, err = s.o.cfg.Store.Append(ctx, IndexStream(s.o.cfg.Name), eventstore.Exactly(head), eventstore.EventData{
		ID: id, Type: TypeOpenSagasRecorded, Data: data.Bytes(), Metadata: metadata.AppendJSON(nil),
	})
	return err
}

// chunkOpen divides the open sagas, in order of name and id, into events of bounded size. There is at least one.
func chunkOpen(position eventstore.Position, refs []Ref) []OpenSagasRecorded {
	chunk := OpenSagasRecorded{Position: position, Sagas: map[string][]string{}}
	var chunks []OpenSagasRecorded
	size := 0
	for _, ref := range refs {
		cost := 2*len(ref.ID) + 3 // an id may double when it is escaped
		if size+cost > maxChunkBytes {
			chunks = append(chunks, chunk)
			chunk = OpenSagasRecorded{Position: position, Chunk: len(chunks), Sagas: map[string][]string{}}
			size = 0
		}
		size += cost
		chunk.Sagas[ref.Name] = append(chunk.Sagas[ref.Name], ref.ID)
	}
	chunk.Last = true
	return append(chunks, chunk)
}
