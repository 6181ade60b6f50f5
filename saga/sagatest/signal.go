package sagatest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

// sending is how the signal for one wait of one saga is sent.
type sending struct {
	signal  string // its name
	kind    string // what is unusual about it, "" for nothing
	never   bool   // nobody sends it, unless nothing else is left that could happen
	atWait  bool   // after counts from the beginning of the wait, else from that of the saga
	after   time.Duration
	again   []time.Duration // how long after that the same signal is sent once more
	others  []time.Duration // how long after the beginning of the saga others send theirs
	payload int             // which of those that can come with it
}

// expectSignals lets the signals be sent for which a saga that has just begun will wait.
func (w *world) expectSignals(c *client) {
	for i := range c.end.Plan().Steps {
		step := &c.end.Plan().Steps[i]
		if _, expected := c.sendings[step.Name]; step.Await == nil || expected {
			continue
		}
		p := point{of: ofSignal, saga: c.number, step: step.Name}
		s := w.inject.signal(&p, step)
		s.signal = step.Await.Signal
		if s.kind != "" {
			w.say("sender", "", fmt.Sprintf("✗ %s%s: %s", w.about(c.ref), s.kind, step.Name))
		}
		if c.sendings == nil {
			c.sendings = map[string]sending{}
		}
		c.sendings[step.Name] = s
		if !s.never && !s.atWait {
			w.sendOff(c, step.Name, s)
		}
		for j, after := range s.others {
			w.after(after, func() { w.deliver(c, step.Name, j+2, s.payload+j+1) })
		}
	}
}

// sendOff lets the first sender of a signal send it, as often as it does.
func (w *world) sendOff(c *client, step string, s sending) {
	for _, after := range append([]time.Duration{0}, s.again...) {
		w.after(s.after+after, func() { w.deliver(c, step, 1, s.payload) })
	}
}

// waits takes note of a wait that has begun.
func (w *world) waits(c *client, step string, attempt int) {
	s := c.sendings[step]
	switch {
	case !s.atWait:
	case attempt == 1 && !s.never:
		w.sendOff(c, step, s)
	case attempt > 1: // an operator has seen to it that it is sent now
		w.after(time.Millisecond, func() { w.deliver(c, step, 100+attempt, s.payload) })
	}
}

// deliver sends a signal for a step, as one of its senders.
func (w *world) deliver(c *client, step string, sender, payload int) {
	name := c.sendings[step].signal
	id := fmt.Sprintf("%s-%d", step, sender)
	w.hand(c, saga.DeliverSignal{ID: id, Name: name, Payload: w.payload(name, payload), Actor: "sender"})
}

// hand hands a signal to a saga, now.
func (w *world) hand(c *client, signal saga.DeliverSignal) {
	w.signals++
	w.say("sender", "", fmt.Sprintf("signals %s%s as %s", w.about(c.ref), signal.Name, signal.ID))
	w.spawn(nil, point{of: ofSignal, saga: c.number, step: signal.Name}, func() {
		signal.Now = w.now
		_, err := w.of(c.ref).repo.Execute(context.Background(), c.ref.ID, signal,
			aggregate.Envelope{CorrelationID: c.correlation(), Actor: signal.Actor, At: w.now})
		switch {
		case err == nil, errors.Is(err, saga.ErrEnded):
		case c.poisoned && errors.Is(err, eventstore.ErrUnknownType), errors.Is(err, errCrashed):
		case len(c.moves) > 0 && errors.Is(err, saga.ErrUnknownSignal): // it was migrated to a version without the wait
		default:
			w.blame(fmt.Errorf("signal: %w", err))
		}
	}, func() {})
}

// payload is one of those that can come with a signal.
func (s *subject) payload(signal string, which int) json.RawMessage {
	if payloads := s.payloads[signal]; len(payloads) > 0 {
		return payloads[which%len(payloads)]
	}
	return json.RawMessage("null")
}

// remind sends the signals for which a saga would wait for ever, and once the one for a wait at which it is parked. It
// reports whether there was any.
func (w *world) remind(c *client) bool {
	parked, is := c.end.Parked()
	sent := false
	for i, step := range c.end.Steps() {
		endless := !is && step.Action.Open && step.Action.Deadline.IsZero()
		needed := is && parked.Step == step.Name && c.reminded != c.parkedAt
		if c.end.Plan().Steps[i].Await == nil || !endless && !needed {
			continue
		}
		c.reminders++
		w.deliver(c, step.Name, 1000+c.reminders, 0)
		sent = true
	}
	c.reminded = c.parkedAt
	return sent
}

func indexOf(plan *saga.Plan, step string) int {
	return slices.IndexFunc(plan.Steps, func(s saga.PlannedStep) bool { return s.Name == step })
}
