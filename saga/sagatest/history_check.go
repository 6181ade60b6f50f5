package sagatest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

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
	started, plan := h.start(), definition.Plan()
	apart := &Difference{
		Saga: h.ref, Revision: -1, changes: changes(started, definition.Version, plan), same: reflectEqual,
	}
	if h.ref.Name != definition.Name {
		apart.changes = nil
		apart.Why = fmt.Sprintf("it is a saga of %s, and the definition is that of %s", h.ref.Name, definition.Name)
		return apart
	}
	if started.Version > definition.Version {
		apart.Why = fmt.Sprintf("it was started by version %d of the definition, and this is version %d: "+
			"an orchestrator with it would leave the saga alone", started.Version, definition.Version)
		return apart
	}
	if err := json.Unmarshal(started.Data, new(D)); err != nil {
		apart.Revision, apart.Why = 0, fmt.Sprintf("its data does not fit %s: %v", reflect.TypeFor[D](), err)
		return apart
	}
	now := started
	now.Version, now.Plan = definition.Version, plan
	now.DefinitionHash = saga.DefinitionHash(definition.Name, definition.Version, plan)
	w := &walk{h: h, now: now, was: started.Plan}
	if at, recorded, decided := w.first(); at >= 0 {
		apart.Revision, apart.Recorded, apart.Now, apart.same = int64(at), recorded, decided, w.same
		if decided == nil {
			apart.Why = fmt.Sprintf("nothing leads to %s", inWords(h.events[at].event))
			if of, _, d, is := outcomeOf(h.events[at].event); is {
				if deadline, open := w.deadline(of.Step, d, of.Attempt); open {
					apart.Why += fmt.Sprintf(", which was at %s: the attempt has until %s now",
						h.events[at].at.Format(time.RFC3339Nano), deadline.Format(time.RFC3339Nano))
				}
			}
		}
		return apart
	}
	if missing := h.missing(plan); missing != "" {
		apart.Why = missing
		return apart
	}
	return nil
}

func reflectEqual(a, b saga.Event) bool { return reflect.DeepEqual(a, b) }

// missing tells which function a saga that has not ended can still need and the definition no longer has. It goes on by
// the plan that it was started with.
func (h *History) missing(plan *saga.Plan) string {
	end := h.end()
	if end.State().Ended() {
		return ""
	}
	back := end.State() == saga.StateCompensating
	for i, s := range end.Steps() {
		needed := []saga.Direction{}
		if !back && s.State != saga.StepStateCompleted {
			needed = append(needed, saga.Action)
		}
		if s.State != saga.StepStateCompensated && !(back && s.Action.Attempts == 0) {
			needed = append(needed, saga.Compensation)
		}
		for _, d := range needed {
			if policyOf(end.Plan(), s.Name, d) != nil && policyOf(plan, s.Name, d) == nil {
				return fmt.Sprintf("it has not ended, and the definition no longer has the %s of step %d of its plan, %s: "+
					"there it would be parked", d, i+1, s.Name)
			}
		}
	}
	return ""
}
