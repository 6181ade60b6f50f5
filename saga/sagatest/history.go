package sagatest

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

// History is what happened to one saga, as projector sagas export has written it down. It is never changed and may be
// used by several goroutines.
type History struct {
	ref    saga.Ref
	events []pastEvent // of the saga's stream, by revision
	late   []pastEvent // of its late stream
}

// pastEvent is one event of a history.
type pastEvent struct {
	event    saga.Event
	at       time.Time // when it was decided
	recorded eventstore.RecordedEvent
}

// FromHistory reads the history of one saga from a file that projector sagas export has written, and makes sure of it:
// it is whole, its hash chain holds, every event is of a known type, and it keeps every rule of package verify. Any
// error names the line of the file. What then can be done with it is tested by [CheckHistory] (the program decides
// the same), [RerunHistory] (it comes to the same end), and [History.Given] (what it would decide from any revision on).
func FromHistory(file string) (*History, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("history: %w", err)
	}
	defer f.Close()
	h, err := ReadHistory(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return h, nil
}

// ReadHistory is FromHistory for a history that does not lie in a file of its own. It reads r to its end.
func ReadHistory(r io.Reader) (*History, error) {
	reader := newHistoryReader(r)
	h, err := reader.read()
	if err != nil {
		return nil, err
	}
	if err := h.verify(); err != nil {
		return nil, err
	}
	return h, nil
}

// Ref returns the name and id of the saga.
func (h *History) Ref() saga.Ref { return h.ref }

// Events returns the events of the saga, the one of revision 0 first. The slice belongs to the caller.
func (h *History) Events() []saga.Event {
	events := make([]saga.Event, len(h.events))
	for i, past := range h.events {
		events[i] = past.event
	}
	return events
}

// At returns the saga as it was at a revision, a new one each time. A revision that the history does not have is an error.
func (h *History) At(revision int64) (*saga.Instance, error) {
	if revision < 0 || revision >= int64(len(h.events)) {
		return nil, fmt.Errorf("%s has no revision %d, its history has those from 0 to %d", h.ref, revision, len(h.events)-1)
	}
	return h.fold(int(revision)), nil
}

// fold returns the saga as of an event.
func (h *History) fold(last int) *saga.Instance {
	inst := saga.NewInstance(h.ref)
	for _, past := range h.events[:last+1] {
		inst.Evolve(past.event)
	}
	return inst
}

// end returns the saga as of its last event.
func (h *History) end() *saga.Instance { return h.fold(len(h.events) - 1) }

// start returns the first event, of which verify has made sure.
func (h *History) start() saga.SagaStarted {
	started, _ := h.events[0].event.(saga.SagaStarted)
	return started
}
