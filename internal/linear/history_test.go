package linear_test

import (
	"encoding/binary"
	"math"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
)

// history is what all clients of one run asked and were told.
type history struct {
	began time.Time // with the monotonic clock that all times are measured by

	mu      sync.Mutex
	ops     []porcupine.Operation
	counts  map[outcome]int64
	refused int64 // calls that surely had no effect; they are no part of the history
	events  uint32
	numbers map[eventstore.EventID]uint32
}

func newHistory() *history {
	return &history{began: time.Now(), counts: map[outcome]int64{}, numbers: map[eventstore.EventID]uint32{}}
}

func (h *history) now() int64 { return int64(time.Since(h.began)) }

func (h *history) record(client int, called int64, c call, a answer) {
	returned := h.now()
	if a.outcome == unknown {
		returned = math.MaxInt64 // it may have its effect at any time
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.counts[a.outcome]++
	h.ops = append(h.ops, porcupine.Operation{ClientId: client, Input: c, Output: a, Call: called, Return: returned})
}

func (h *history) refuse() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.refused++
}

func (h *history) calls() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.ops)
}

// fresh makes events that are in no history yet. Their data is their number, which shows an event that has got the data of
// another.
func (h *history) fresh(n int) (events []eventstore.EventData, ids list, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for range n {
		id, err := eventstore.NewEventID()
		if err != nil {
			return nil, "", err
		}
		h.events++
		h.numbers[id] = h.events
		ids = ids.with(h.events)
		events = append(events, eventstore.EventData{
			ID: id, Type: "NoteTaken", Data: binary.BigEndian.AppendUint32(nil, h.events),
		})
	}
	return events, ids, nil
}

// number returns that of a recorded event, and 0, which no client appended, when it is not what was appended.
func (h *history) number(e *eventstore.RecordedEvent) uint32 {
	h.mu.Lock()
	defer h.mu.Unlock()
	number := h.numbers[e.ID]
	if len(e.Data) != 4 || binary.BigEndian.Uint32(e.Data) != number {
		return 0
	}
	return number
}

// listed gives the events of a stream by number. A revision that is not where it belongs counts as an event that nobody
// appended.
func (h *history) listed(events []eventstore.RecordedEvent) (ids list) {
	for i := range events {
		number := h.number(&events[i])
		if events[i].Revision != int64(i) {
			number = 0
		}
		ids = ids.with(number)
	}
	return ids
}

// check looks for an order that explains the history.
func (h *history) check() porcupine.CheckResult {
	return porcupine.CheckOperationsTimeout(model(), h.ops, time.Minute)
}

// require fails with the streams that no order explains, and a page that shows them.
func (h *history) require(t *testing.T) {
	t.Helper()
	result := h.check()
	if result == porcupine.Ok {
		return
	}
	for _, ops := range byStream(h.ops) {
		if porcupine.CheckOperationsTimeout(model(), ops, time.Minute) == porcupine.Ok {
			continue
		}
		slices.SortFunc(ops, func(a, b porcupine.Operation) int { return int(a.Call - b.Call) })
		for _, op := range ops {
			t.Logf("%s, client %2d, %9d to %9d µs: %s", op.Input.(call).stream, op.ClientId, op.Call/1000, op.Return/1000,
				describe(op.Input.(call), op.Output.(answer)))
		}
		page := filepath.Join(t.ArtifactDir(), ops[0].Input.(call).stream+".html")
		_, info := porcupine.CheckOperationsVerbose(model(), ops, time.Minute)
		require.NoError(t, porcupine.VisualizePath(model(), info, page))
		t.Logf("go test -artifacts keeps %s, which shows them", page)
	}
	require.Equal(t, porcupine.Ok, result, "the history has no explanation, or none was found in a minute")
}
