package verify_test

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/internal/walktest"
	"github.com/skaldgo/skald/saga"
)

// enrich draws parallel groups, waits for signals and a deadline into a definition.
func enrich(t *rapid.T, def saga.Definition[goods]) saga.Definition[goods] {
	if rapid.IntRange(0, 2).Draw(t, "plain") == 0 {
		return def
	}
	steps := def.Steps
	def.Steps = nil
	for n := 0; len(steps) > 0 || n == 0; n++ {
		if rapid.IntRange(0, 2).Draw(t, "a wait") == 0 {
			def.Steps = append(def.Steps, wait(t, fmt.Sprintf("wait_%d", n)))
		}
		size := min(rapid.IntRange(1, 3).Draw(t, "branches"), len(steps))
		group := saga.Parallel(fmt.Sprintf("group_%d", n), branches(t, n, steps[:size])...).
			Limit(rapid.IntRange(0, 2).Draw(t, "limit"))
		try := def
		try.Steps = append(append([]saga.Step[goods]{}, def.Steps...), group)
		if try.Validate() == nil {
			def = try
		} else {
			def.Steps = append(def.Steps, steps[:size]...)
		}
		steps = steps[size:]
	}
	if rapid.IntRange(0, 2).Draw(t, "a deadline") == 0 {
		def.Deadline = time.Duration(rapid.IntRange(1, 300).Draw(t, "seconds")) * time.Second
	}
	require.NoError(t, def.Validate())
	return def
}

// branches adds a wait to the branches of a group now and then.
func branches(t *rapid.T, n int, steps []saga.Step[goods]) []saga.Step[goods] {
	list := append([]saga.Step[goods]{}, steps...)
	if len(list) == 0 || rapid.IntRange(0, 3).Draw(t, "a waiting branch") == 0 {
		list = append(list, wait(t, fmt.Sprintf("branch_%d", n)))
	}
	return list
}

func wait(t *rapid.T, name string) saga.Step[goods] {
	o := saga.AwaitOptions[string]{Signal: rapid.SampledFrom([]string{"yes", "no"}).Draw(t, "signal")}
	if rapid.Bool().Draw(t, "limited wait") {
		o.Timeout = time.Duration(rapid.IntRange(1, 100).Draw(t, "wait")) * time.Second
		if rapid.Bool().Draw(t, "default") {
			text := "default"
			o.Default = &text
		}
	}
	return saga.Await[goods](name, o)
}

// signals lets the saga have a signal that one of its steps waits for.
func (w *walker) signals() {
	var names []string
	for _, step := range w.inst.Plan().Steps {
		if step.Await != nil {
			names = append(names, step.Await.Signal)
		}
	}
	if len(names) == 0 {
		return
	}
	w.signalled++
	w.decide(saga.DeliverSignal{
		Now: w.now, ID: fmt.Sprint(w.signalled), Name: names[w.pick("signal", len(names))], Actor: "bob",
		Payload: json.RawMessage(rapid.SampledFrom([]string{`"go"`, ` "wait" `, "null"}).Draw(w.t, "payload")),
	})
}

func fork(limit int) saga.Definition[goods] {
	return saga.Definition[goods]{Name: "Pair", Version: 1, Steps: []saga.Step[goods]{
		saga.Parallel("both", walktest.Step("a", saga.KindCompensable, twice()),
			walktest.Step("b", saga.KindCompensable, twice())).Limit(limit),
		walktest.Step("c", saga.KindCompensable, twice()),
	}}
}

// three has three branches, of which two may run at once.
func three() saga.Definition[goods] {
	return saga.Definition[goods]{Name: "Pair", Version: 1, Steps: []saga.Step[goods]{
		saga.Parallel("all", walktest.Step("a", saga.KindCompensable, twice()), walktest.Step("b", saga.KindCompensable, twice()),
			walktest.Step("c", saga.KindCompensable, twice())).Limit(2),
	}}
}

// asking has a step that waits for a signal between two others.
func asking(o saga.AwaitOptions[string]) saga.Definition[goods] {
	if o.Signal == "" {
		o.Signal = "yes"
	}
	return saga.Definition[goods]{Name: "Pair", Version: 1, Steps: []saga.Step[goods]{
		walktest.Step("a", saga.KindCompensable, twice()), saga.Await[goods]("w", o), walktest.Step("b", saga.KindCompensable, twice()),
	}}
}

// due is a pair that is to end within five minutes.
func due() saga.Definition[goods] {
	def := pair()
	def.Deadline = 5 * time.Minute
	return def
}

func (s *story) giveUp(step string) *story {
	return s.add(saga.StepGivenUp{Step: step, Reason: fmt.Sprintf("step %s: no", step)})
}

func (s *story) awaits(step string, n int, limit time.Duration) *story {
	a := s.attempt(step, n, saga.Action)
	a.Deadline = time.Time{}
	if limit > 0 {
		a.Deadline = s.now.Add(limit)
	}
	return s.add(saga.StepStarted{AttemptStarted: a})
}

func (s *story) signal(id, payload string) *story {
	return s.add(saga.SignalReceived{ID: id, Name: "yes", Payload: json.RawMessage(payload)})
}

func (s *story) heard(step, id, payload string) *story {
	return s.add(saga.StepCompleted{Step: step, Attempt: 1, Signal: id, Result: json.RawMessage(payload)})
}

func (s *story) lapses(step, payload string) *story {
	return s.add(saga.StepCompleted{Step: step, Attempt: 1, Lapsed: true, Result: json.RawMessage(payload)})
}

func (s *story) timesOut(step string) *story {
	return s.add(saga.StepTimedOut{AttemptRef: saga.AttemptRef{Step: step, Attempt: 1}})
}

func (s *story) overdue() *story {
	s.reason = "the deadline of the saga passed at 2026-01-02T12:05:00Z"
	return s.add(saga.SagaOverdue{Deadline: noon.Add(5 * time.Minute)})
}

func (s *story) turnsOverdue(plan ...string) *story {
	return s.add(saga.CompensationRequested{Reason: s.reason, Plan: append([]string{}, plan...)})
}

// later lets time pass in a story.
func (s *story) later(d time.Duration) *story {
	s.pass(d)
	return s
}
