package sagatest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/skaldgo/skald/saga"
)

// Decision is what followed in a sentence that begins with [Given]. Its methods can be joined: each says something more.
type Decision struct {
	before Situation
	words  string
	events []saga.Event
	err    error
}

// Then demands that exactly these events follow, in this order; none at all when none is named. A field that has its zero
// value is not compared, so an event needs to name only what the sentence is about: most often a step, and an attempt.
func (d Decision) Then(events ...saga.Event) Decision {
	d.before.t.Helper()
	if d.before.void {
		return d
	}
	if d.err != nil {
		return d.fail("when %s: it was refused, and events were to follow: %v", d.words, d.err)
	}
	same := len(events) == len(d.events)
	for i := 0; same && i < len(events); i++ {
		same = fits(events[i], d.events[i])
	}
	if !same {
		return d.fail("when %s: what was to follow (-), and what did (+):\n\n%s", d.words, compared(events, d.events, fits))
	}
	return d
}

// ThenRefused demands that nothing follows because of an error that matches target, as errors.Is has it.
func (d Decision) ThenRefused(target error) Decision {
	d.before.t.Helper()
	switch {
	case d.before.void:
	case d.err == nil:
		return d.fail("when %s: it was to be refused (%v), and this followed:\n\n%s",
			d.words, target, compared(nil, d.events, fits))
	case target == nil || !errors.Is(d.err, target):
		return d.fail("when %s: it was to be refused because of: %v\n\nand was because of: %w", d.words, target, d.err)
	}
	return d
}

// ThenState demands the state in which the saga is after that.
func (d Decision) ThenState(want saga.State) Decision {
	d.before.t.Helper()
	if d.before.void {
		return d
	}
	if got := d.after().State(); got != want {
		return d.fail("when %s: the saga was to be %s, and is %s after:\n\n%s",
			d.words, want, got, compared(d.events, d.events, fits))
	}
	return d
}

// ThenStep demands the state in which a step is after that.
func (d Decision) ThenStep(step string, want saga.StepState) Decision {
	d.before.t.Helper()
	if d.before.void {
		return d
	}
	for _, s := range d.after().Steps() {
		if s.Name != step {
			continue
		}
		if s.State != want {
			return d.fail("when %s: %s was to be %s, and is %s after:\n\n%s",
				d.words, step, want, s.State, compared(d.events, d.events, fits))
		}
		return d
	}
	return d.fail("when %s: the plan has no step %q", d.words, step)
}

// ThenParked demands that the saga waits for a person after that, and why.
func (d Decision) ThenParked(reason saga.ParkReason) Decision {
	d.before.t.Helper()
	if d.before.void {
		return d
	}
	if p, is := d.after().Parked(); !is || p.Reason != reason {
		return d.fail("when %s: it was to be parked (%s), and the saga is %s %s after:\n\n%s",
			d.words, reason, d.after().State(), p.Reason, compared(d.events, d.events, fits))
	}
	return d
}

func (d Decision) after() *saga.Instance { return d.before.with(d.events).instance() }

// fail reports once: what else is said of the same decision is no news.
func (d Decision) fail(format string, args ...any) Decision {
	d.before.t.Helper()
	d.before = d.before.fail("%s", fmt.Errorf(format, args...))
	return d
}

// fits reports whether an event is what was wanted: of one type, and equal in every field that the wanted one names.
func fits(want, got saga.Event) bool {
	a, b := reflect.ValueOf(want), reflect.ValueOf(got)
	return a.IsValid() && b.IsValid() && a.Type() == b.Type() && fitsValue(a, b)
}

func fitsValue(want, got reflect.Value) bool {
	if want.IsZero() {
		return true
	}
	switch w := want.Interface().(type) {
	case time.Time:
		return w.Equal(got.Interface().(time.Time))
	case json.RawMessage:
		return equalJSON(w, got.Interface().(json.RawMessage))
	}
	if want.Kind() != reflect.Struct {
		return reflect.DeepEqual(want.Interface(), got.Interface())
	}
	for i := range want.NumField() {
		if !fitsValue(want.Field(i), got.Field(i)) {
			return false
		}
	}
	return true
}

// equalJSON compares two texts of JSON as values.
func equalJSON(a, b json.RawMessage) bool {
	if bytes.Equal(a, b) {
		return true
	}
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}
