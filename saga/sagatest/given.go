package sagatest

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/skaldgo/skald/aggregate/aggregatetest"
	"github.com/skaldgo/skald/saga"
)

// Situation is where a saga stands in a sentence that begins with [Given]. It is a value: After returns another one, so
// several sentences can go on from the same situation.
type Situation struct {
	t      TB
	ref    saga.Ref
	events []saga.Event
	now    time.Time
	void   bool // the sentence has gone wrong, and that was reported
}

// Given begins a sentence about what a saga decides: given a definition and the data of a saga, after something has
// happened, when something more happens, then these events follow.
//
//	sagatest.Given(t, trip, order{City: "Bergen"}).
//		After(sagatest.Step("book", sagatest.Succeeds("room 12")), sagatest.Step("pay", sagatest.TimesOut().Times(2))).
//		When(sagatest.Step("pay", sagatest.Refuses("card declined"))).
//		Then(…)
//
// It concerns the pure core alone: no function of the definition is called, nothing waits, and a worker is always free.
// The saga has been started, and the first attempt of its first step with it. The clock begins at an instant that is
// always the same; it moves to the deadline when an attempt times out, and to the instant of a retry when that is next.
// A sentence that goes wrong is reported to t once.
func Given[D any](t TB, definition saga.Definition[D], data D) Situation {
	t.Helper()
	s := Situation{t: t, ref: saga.Ref{Name: definition.Name, ID: "1"}, now: epoch()}
	encoded, err := json.Marshal(data)
	if err == nil {
		err = definition.Validate()
	}
	if err != nil {
		return s.fail("given: %v", err)
	}
	plan := definition.Plan()
	events, err := saga.NewInstance(s.ref).Decide(saga.StartSaga{
		Now: s.now, Ref: s.ref, Version: definition.Version, Plan: plan, Data: encoded, Go: true, Spare: everyBranch,
		DefinitionHash: saga.DefinitionHash(definition.Name, definition.Version, plan), CorrelationID: s.ref.String(),
	})
	if err != nil {
		return s.fail("given: %v", err)
	}
	s.events = events
	return s
}

// epoch is when every sentence and every simulation begins.
func epoch() time.Time { return time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC) }

// Given begins a sentence where a history stood at a revision: what would be decided there now. The definition is the one
// that the saga was started with.
func (h *History) Given(t TB, revision int64) Situation {
	t.Helper()
	s := Situation{t: t, ref: h.ref}
	if _, err := h.At(revision); err != nil {
		return s.fail("given: %v", err)
	}
	s.events, s.now = h.Events()[:revision+1], h.events[revision].at
	return s
}

// After lets things happen, one after the other.
func (s Situation) After(happenings ...Happening) Situation {
	s.t.Helper()
	for _, h := range happenings {
		for _, one := range h {
			if s.void {
				return s
			}
			events, err := s.take(&one)
			if err != nil {
				return s.fail("after %s: %v", one.words, err)
			}
			s = s.with(events)
		}
		if fault := s.instance().Fault(); fault != "" {
			return s.fail("these events cannot be those of a saga: %s", fault)
		}
	}
	return s
}

// When lets one thing more happen and keeps what is decided on it. The decision must be pure: asked twice it is the same,
// and it leaves the saga as it was.
func (s Situation) When(happening Happening) Decision {
	s.t.Helper()
	if len(happening) == 0 {
		s = s.fail("when nothing happens, nothing is decided: name one thing")
	}
	if s.void {
		return Decision{before: s}
	}
	last := len(happening) - 1
	s = s.After(happening[:last])
	if s.void {
		return Decision{before: s}
	}
	one := happening[last]
	command, err := one.command(&s)
	if err != nil {
		return Decision{before: s.fail("when %s: %v", one.words, err)}
	}
	aggregatetest.Given[saga.Command, saga.Event](reporter{t: s.t}, s.instance()).When(command)
	d := Decision{before: s, words: one.words}
	d.events, d.err = s.instance().Decide(command)
	return d
}

// take decides one thing, and returns what follows from it.
func (s *Situation) take(one *incident) ([]saga.Event, error) {
	if one.events != nil {
		return one.events, nil
	}
	command, err := one.command(s)
	if err != nil {
		return nil, err
	}
	return s.instance().Decide(command)
}

// with is the situation after events.
func (s Situation) with(events []saga.Event) Situation {
	s.events = append(slices.Clip(s.events), events...)
	return s
}

func (s Situation) instance() *saga.Instance {
	inst := saga.NewInstance(s.ref)
	for _, event := range s.events {
		inst.Evolve(event)
	}
	return inst
}

func (s Situation) fail(format string, args ...any) Situation {
	s.t.Helper()
	s.t.Errorf("sagatest: %s", fmt.Sprintf(format, args...))
	s.void = true
	return s
}

// reporter lets a test of package aggregatetest report to a TB, and go on.
type reporter struct {
	testing.TB
	t TB
}

// Helper does nothing: the report names the sentence.
func (reporter) Helper() {}

// Fatalf reports without an end of the test.
func (r reporter) Fatalf(format string, args ...any) { r.t.Errorf("sagatest: "+format, args...) }
