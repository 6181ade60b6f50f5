package sagatest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

// RerunHistory runs the saga of a history once more, by the definition that the program has now, from its start to its
// end: with the engine that is shipped, on the simulator's clock, over an empty log. In the place of every function of
// the definition stands what the history says: each attempt takes as long as it took, and is answered as it was answered,
// refused, broken off by a panic, not answered in time, or answered late; where an attempt was interrupted, the
// orchestrator crashes and comes back when it did; where an operator redrove the saga, it is redriven.
//
// Sagas that it has started are not run: what became of them is in the history of the saga that waited for them.
//
// It must come to the same state: of the saga, of each step with its result, and of what it waits for. A history that has
// not ended is run as far as it goes. Where it comes to another state, or makes an attempt of which the history knows no
// answer, that is reported to t with a sequence chart. It returns the saga as it is then, nil when it could not be run.
//
// An orchestrator that ran a step beside another one, or stood still while a step was limited by TotalTimeout, leaves a
// history that this cannot run again; [CheckHistory] can check it.
func RerunHistory[D any](t TB, h *History, definition saga.Definition[D]) *saga.Instance {
	t.Helper()
	if h.ref.Name != definition.Name {
		t.Errorf("%s is a saga of %s, and the definition is that of %s", h.ref, h.ref.Name, definition.Name)
		return nil
	}
	r := &rerun{h: h, past: h.attempts()}
	all := func(*saga.PlannedStep) bool { return true }
	subject, err := Case[D]{Definition: replaced(definition, r.respond, all), Children: stand(definition.Plan())}.subject()
	if err != nil {
		t.Errorf("rerun %s: %s", h.ref, err)
		return nil
	}
	subject.data = h.start().Data
	end, err := r.run(subject)
	if err != nil {
		t.Errorf("rerun %s: %s\n\nWhat happened:\n\n%s\n", h.ref, err, &r.chart)
	}
	return end
}

// rerun is the injector of a history.
type rerun struct {
	h    *History
	w    *world
	past map[attemptKey]*pastAttempt
	last *pastAttempt  // the one that began last
	down time.Duration // how long the next crash lasts

	chart chart
}

func (r *rerun) run(s subject) (*saga.Instance, error) {
	st, err := newStage()
	if err != nil {
		return nil, err
	}
	defer st.crew.dismiss()
	w, err := newWorld(st, s, r, 1)
	if err != nil {
		return nil, err
	}
	defer w.close()
	began := r.h.events[0].at
	r.w, w.began, w.now, w.chart = w, began, began, &r.chart
	c := w.start(r.h.ref.ID, 0, func(int) *node { return w.nodes[0] })
	r.operated(c, began)
	if err := r.live(); err != nil {
		return nil, err
	}
	if r.h.end().State().Ended() {
		if err := w.check(); err != nil {
			return nil, err
		}
		return c.end, sameEnd(r.h.end(), c.end)
	}
	end, err := r.soFar(len(r.h.events))
	if err != nil {
		return nil, err
	}
	return end, sameEnd(r.h.end(), end)
}

// soFar returns the saga as of the first events of the run.
func (r *rerun) soFar(events int) (*saga.Instance, error) {
	inst := saga.NewInstance(r.h.ref)
	for ev, err := range r.w.log.ReadStream(context.Background(), r.h.ref.Stream(), 0, eventstore.Forwards) {
		if err != nil {
			return nil, err
		}
		if ev.Revision == int64(events) {
			break
		}
		event, err := aggregate.DecodeEvent[saga.Event](r.w.registry, ev)
		if err != nil {
			return nil, err
		}
		inst.Evolve(event)
	}
	return inst, nil
}

// live lets everything happen that has happened in the history.
func (r *rerun) live() error {
	w, last := r.w, r.h.events[len(r.h.events)-1].at
	open := !r.h.end().State().Ended()
	for range maxHappenings {
		next, more := w.queue.next()
		if !more || w.trouble != nil || open && next.at.After(last) {
			return w.trouble
		}
		w.now = next.at
		w.steps++
		next.happen()
	}
	return errors.New("it never comes to rest")
}

// attempt lets an attempt take the time that it took.
func (r *rerun) attempt(p *point) fate {
	past := r.past[attemptKey{place{p.step, p.dir}, p.attempt}]
	if past == nil {
		if now, err := r.soFar(len(r.h.events) + 1); err == nil && now.Revision() >= int64(len(r.h.events)) {
			return fate{kind: Timeout} // it has gone as far as the history goes
		}
		r.w.blame(fmt.Errorf("it makes attempt %d of the %s of %s, of which the history knows no answer",
			p.attempt, p.dir, p.step))
		return fate{kind: Timeout}
	}
	r.last = past
	switch {
	case !past.late.IsZero():
		return fate{takes: past.late.Sub(past.began)}
	case !past.asked.IsZero():
		return fate{takes: max(past.asked.Sub(past.began), 0)}
	case past.ended.IsZero(), past.outcome.Kind == saga.TimedOut:
		return fate{kind: Timeout}
	case past.outcome.Kind == saga.Interrupted:
		if r.crashesAt(past) {
			node := r.w.nodes[0]
			r.down = past.ended.Sub(past.began)
			r.w.after(0, func() { r.w.crash(node) })
		}
		return fate{kind: Timeout}
	}
	return fate{takes: max(past.ended.Sub(past.began), 0)}
}

// crashesAt reports whether an attempt that was interrupted is the one that began last of those that were taken over with
// it: the orchestrator crashes when all of them run.
func (r *rerun) crashesAt(past *pastAttempt) bool {
	for _, other := range r.past {
		if other.outcome.Kind == saga.Interrupted && other.ended.Equal(past.ended) && other.began.After(past.began) {
			return false
		}
	}
	return true
}

// signal leaves it to the history when signals come.
func (r *rerun) signal(*point, *saga.PlannedStep) sending { return sending{never: true} }

// respond answers in the place of every function.
func (r *rerun) respond(_ context.Context, call RecordedCall) (json.RawMessage, error) {
	past := r.past[attemptKey{place{call.Step, call.Direction}, call.Attempt}]
	if call.Probe {
		return past.found()
	}
	return past.respond()
}

func (r *rerun) call(*point, int) storeFault          { return noFault }
func (r *rerun) latency(*point, int) time.Duration    { return 0 }
func (r *rerun) downtime(*point) time.Duration        { return r.down }
func (r *rerun) relapse(*point) (time.Duration, bool) { return 0, false }
func (r *rerun) orphan(*point) bool                   { return false }

func (r *rerun) jitter(*point) float64 {
	if r.last == nil {
		return 0
	}
	return r.last.jitter
}

// sameEnd compares two sagas by what became of them.
func sameEnd(was, is *saga.Instance) error {
	before, after := outlook(was), outlook(is)
	var lines []string
	for _, at := range before.order {
		if after.said[at] != before.said[at] {
			lines = append(lines, fmt.Sprintf("  - %s %s\n  + %s %s", at, before.said[at], at, after.said[at]))
		}
	}
	for _, at := range after.order {
		if _, known := before.said[at]; !known && after.said[at] != saga.StepStatePending.String() {
			lines = append(lines, fmt.Sprintf("  + %s %s", at, after.said[at]))
		}
	}
	if lines == nil {
		return nil
	}
	return fmt.Errorf("it does not come to the recorded end (-), but to this one (+):\n\n%s", strings.Join(lines, "\n"))
}

// view is what became of a saga, in words, part by part.
type view struct {
	order []string
	said  map[string]string
}

func outlook(inst *saga.Instance) view {
	v := view{said: map[string]string{}}
	say := func(what, words string) {
		v.order = append(v.order, what)
		v.said[what] = words
	}
	say("the saga is", inst.State().String())
	waits := "for nobody"
	if p, is := inst.Parked(); is {
		waits = fmt.Sprintf("at the %s of %s (%s)", p.Direction, p.Step, p.Reason)
	}
	if _, paused := inst.Paused(); paused {
		waits += ", paused"
	}
	say("it waits", waits)
	for _, s := range inst.Steps() {
		words := s.State.String()
		if s.Result != nil {
			words += " with the result " + sorted(s.Result)
		}
		say(s.Name+" is", words)
	}
	return v
}

// sorted returns JSON with its members in one order, so that equal values are equal texts.
func sorted(text json.RawMessage) string {
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		return string(text)
	}
	ordered, err := json.Marshal(value)
	if err != nil {
		return string(text)
	}
	return string(ordered)
}
