package sagatest

import (
	"fmt"
	"strings"

	"github.com/skaldgo/skald/saga"
)

// Difference is where the program that runs now parts from a history.
type Difference struct {
	Saga saga.Ref
	// Revision is that of the first event which would not be there now; -1 when the two cannot be compared at all.
	Revision int64
	// Recorded is the append of that event as the history has it, Now is what would be appended in its place. Now is nil
	// when nothing would be.
	Recorded, Now []saga.Event
	// Why says more, where the events do not tell.
	Why string

	changes []string // of the definition
	same    func(a, b saga.Event) bool
}

// String tells the difference in words, over several lines.
func (d *Difference) String() string {
	var b strings.Builder
	if d.Revision >= 0 {
		fmt.Fprintf(&b, "%s would not go as it went, from revision %d on", d.Saga, d.Revision)
	} else {
		fmt.Fprintf(&b, "%s cannot go as it went", d.Saga)
	}
	if d.Why != "" {
		fmt.Fprintf(&b, ": %s", d.Why)
	}
	b.WriteByte('\n')
	if d.Recorded != nil {
		fmt.Fprintf(&b, "\nWhat was recorded (-), and what would be now (+):\n\n%s\n", compared(d.Recorded, d.Now, d.same))
	}
	if len(d.changes) > 0 {
		fmt.Fprintf(&b, "\nThe definition has changed since:\n\n    %s\n", strings.Join(d.changes, "\n    "))
	}
	return b.String()
}

// CheckHistory decides a history again, event by event, with the saga package and the definition that the program has
// now: after each append the next one must be what an instance of this definition decides, given what participants
// answered, operators did and the clock showed. It is the test whether a changed definition would still take the course
// that was taken in production. No function of the definition is called.
//
// A changed name, a recorded version above that of the definition, data that the data type does not take, and, while
// the saga has not ended, a step that is no longer there, are differences as well. When the definition has other
// timeouts or delays, instants that follow from them are not compared; an answer that came after what is its deadline
// now is a timeout.
//
// The first difference is reported to t, and returned; nil when there is none.
func CheckHistory[D any](t TB, h *History, definition saga.Definition[D]) *Difference {
	t.Helper()
	if err := definition.Validate(); err != nil {
		t.Errorf("%s", err)
		return &Difference{Saga: h.ref, Revision: -1, Why: err.Error()}
	}
	d := check(h, definition)
	if d != nil {
		t.Errorf("%s", d)
	}
	return d
}

func check[D any](h *History, definition saga.Definition[D]) *Difference {
	past := make([]saga.PastEvent, len(h.events))
	for i, one := range h.events {
		past[i] = saga.PastEvent{Event: one.event, At: one.at}
	}
	r, err := saga.Rehearse(h.ref, past, definition)
	if err != nil {
		return &Difference{Saga: h.ref, Revision: -1, Why: err.Error()}
	}
	if r.Verdict == saga.WouldBeSame {
		return nil
	}
	d := &Difference{
		Saga: h.ref, Revision: r.Revision, Recorded: r.Recorded, Now: r.Now, Why: r.Why, changes: r.Changes, same: r.Alike,
	}
	if d.Recorded == nil && d.Why == "" {
		d.Why = strings.Join(r.Obstacles, "; ")
	}
	return d
}
