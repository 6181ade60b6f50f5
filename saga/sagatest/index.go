package sagatest

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

// index is the restart index of an orchestrator: its last record, as the log holds it.
type index struct {
	saga.OpenSagasRecorded
	head int64
	lost bool
}

func (n *node) indexStream() string { return saga.IndexStream(fmt.Sprintf("sim%d", n.number)) }

// record writes down which sagas are open as far as the orchestrator has been told.
func (n *node) record() {
	if n.dead || n.isFrozen() || n.restoring > 0 || n.told == 0 {
		return
	}
	w, stream, expected := n.w, n.indexStream(), eventstore.NoStream
	if last := w.indexes[stream]; last != nil {
		if last.Position == w.news[n.told-1].position && !last.lost {
			return // it says so already
		}
		expected = eventstore.Exactly(last.head)
	}
	chunk := saga.OpenSagasRecorded{Position: w.news[n.told-1].position, Last: true, Sagas: map[string][]string{}}
	for _, ref := range n.engine.Open() {
		chunk.Sagas[ref.Name] = append(chunk.Sagas[ref.Name], ref.ID)
	}
	data, err := json.Marshal(chunk)
	if err != nil {
		w.blame(fmt.Errorf("encode the restart index: %w", err))
		return
	}
	w.spawn(n, point{of: ofIndex, node: n.number}, func() {
		metadata := eventstore.Metadata{Actor: "orchestrator:main", At: n.now()}
		_, _ = w.store.Append(context.Background(), stream, expected, eventstore.EventData{ // the next record will do
			ID: w.eventID(), Type: saga.TypeOpenSagasRecorded, Data: data, Metadata: metadata.AppendJSON(nil),
		})
	}, n.leave)
}

// indexed takes note of a record that was stored.
func (w *world) indexed(stream string, events []eventstore.EventData) {
	if !strings.HasPrefix(stream, saga.IndexStream("")) {
		return
	}
	made := &index{}
	if err := json.Unmarshal(events[0].Data, &made.OpenSagasRecorded); err != nil {
		w.blame(fmt.Errorf("decode the restart index: %w", err))
		return
	}
	if last := w.indexes[stream]; last != nil {
		made.head = last.head + 1
	}
	w.indexes[stream] = made
}

// openFor returns the sagas that an orchestrator takes into hand when it starts: those of its restart index, brought up
// to date from the log behind it, or else from the whole log.
func (w *world) openFor(n *node) []saga.Ref {
	last := w.indexes[n.indexStream()]
	open := map[saga.Ref]bool{}
	var from eventstore.Position
	if last != nil && !last.lost {
		w.mark("a restart from its index")
		from = last.Position
		for name, ids := range last.Sagas {
			for _, id := range ids {
				open[saga.Ref{Name: name, ID: id}] = true
			}
		}
	}
	for _, seen := range w.news {
		if !seen.position.After(from) {
			continue
		}
		switch seen.Type {
		case saga.TypeSagaStarted:
			open[seen.Ref] = true
		case saga.TypeSagaCompleted, saga.TypeSagaFailed:
			delete(open, seen.Ref)
		}
	}
	var refs []saga.Ref
	for _, c := range w.clients { // in their order, not that of the map
		if open[c.ref] {
			refs = append(refs, c.ref)
			delete(open, c.ref) // several clients may ask for one saga
		}
	}
	return refs
}
