package saga

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// Errors of signals to branch on with errors.Is.
var (
	// ErrUnknownSignal: no step of the saga waits for a signal of that name, now or later.
	ErrUnknownSignal = errors.New("no step of the saga waits for that signal")
	// ErrSignalledDifferently: a signal with that id has another name or payload.
	ErrSignalledDifferently = errors.New("signal was sent with other content")
	// ErrInvalidSignal: a signal has no id, or a payload that cannot be encoded, is over MaxPayloadBytes or does not fit.
	ErrInvalidSignal = errors.New("invalid signal")
)

// Signal is news from outside for a saga that waits for it, or will.
type Signal struct {
	// ID tells one signal from another: to send a signal again, after an error for instance, is harmless with the same ID.
	ID string
	// Name is that of the signal that a step awaits.
	Name string
	// Payload becomes the result of the step. It must encode as JSON.
	Payload any
	// Actor is who sends it; it may be "".
	Actor string
}

// Signal hands a signal to a saga. When it returns without error the signal is durable; the orchestrator that runs the saga
// acts on it within a second. It works from any process, and whether or not the saga has reached the step that awaits it.
//
// Signal is idempotent by the signal's ID: with the same name and a payload equal as JSON it does nothing the second time,
// with other content it gives ErrSignalledDifferently; so it does when the saga has ended meanwhile. Other errors: ErrInvalidSignal, ErrUnknownSignal, ErrNotFound,
// ErrEnded, ErrSetAside, and those of the store.
func (o *Orchestrator) Signal(ctx context.Context, name, id string, signal Signal) error {
	ref := Ref{Name: name, ID: id}
	payload, err := json.Marshal(signal.Payload)
	switch {
	case signal.ID == "":
		return fmt.Errorf("signal %s: ID is empty, give one that is the same whenever this signal is sent: %w", ref, ErrInvalidSignal)
	case err != nil:
		return fmt.Errorf("signal %s: payload: %w: %w", ref, ErrInvalidSignal, err)
	case len(payload) > MaxPayloadBytes:
		return fmt.Errorf("signal %s: payload has %d bytes, the limit is %d; keep it elsewhere and send a reference: %w",
			ref, len(payload), MaxPayloadBytes, ErrInvalidSignal)
	}
	return o.operate(ctx, "signal", ref, signal.Actor, NotSeen, DeliverSignal{
		ID: signal.ID, Name: signal.Name, Payload: payload, Actor: signal.Actor,
	})
}

// fits checks that a signal which a saga is about to have is a result of the steps that await it, and what an operator resolves
// one of its step, by the definition that the saga goes on with.
func (o *Orchestrator) fits(in *Instance, command Command) error {
	def := o.defs.of(in.ref.Name, in.version)
	if def == nil {
		return nil
	}
	switch c := command.(type) {
	case DeliverSignal:
		if err := def.fits(c.Name, c.Payload); err != nil {
			return fmt.Errorf("signal %s: payload of %q does not fit %w: %w", in.ref, c.Name, err, ErrInvalidSignal)
		}
	case Resolve:
		if err := def.fitsResult(c.Step, c.Result); c.Result != nil && c.Direction == Action && err != nil {
			return fmt.Errorf("resolve %s: the result of step %q does not fit: %w: %w", in.ref, c.Step, err, ErrInvalidResolution)
		}
	}
	return nil
}

// over tells that nothing can follow the end. A signal that came before it is the exception: whoever sends it again, because an
// answer got lost, is not to take it for refused.
func (in *Instance) over(command Command) error {
	if s, is := command.(DeliverSignal); is && in.signal(s.ID) != nil {
		_, err := in.decideSignal(s)
		return err
	}
	return fmt.Errorf("%s is %s: %w", in.ref, in.state, ErrEnded)
}

// received is a signal as the fold keeps it.
type received struct {
	id, name string
	payload  json.RawMessage
	used     bool
}

func (in *Instance) signal(id string) *received {
	for i := range in.signals {
		if in.signals[i].id == id {
			return &in.signals[i]
		}
	}
	return nil
}

// unused returns the first signal of a name that no step has had, nil when there is none.
func (in *Instance) unused(name string) *received {
	for i := range in.signals {
		if s := &in.signals[i]; s.name == name && !s.used {
			return s
		}
	}
	return nil
}

func (in *Instance) decideSignal(c DeliverSignal) ([]Event, error) {
	if c.ID == "" {
		return nil, fmt.Errorf("signal %s: ID is empty: %w", in.ref, ErrInvalidSignal)
	}
	if c.Payload == nil {
		c.Payload = json.RawMessage("null") // as the fold takes it
	}
	if known := in.signal(c.ID); known != nil {
		switch {
		case known.name != c.Name:
			return nil, fmt.Errorf("signal %q for %s came with the name %q before and has %q now; give a new signal an ID of its own: %w",
				c.ID, in.ref, known.name, c.Name, ErrSignalledDifferently)
		case !equalJSON(known.payload, c.Payload):
			return nil, fmt.Errorf("signal %q for %s came with another payload before; give a new signal an ID of its own: %w",
				c.ID, in.ref, ErrSignalledDifferently)
		}
		return nil, nil
	}
	if !in.plan.awaits(c.Name) {
		return nil, fmt.Errorf("signal %s: the name is %q, and %s: %w", in.ref, c.Name, in.plan.awaited(), ErrUnknownSignal)
	}
	d := &decision{in: in.clone()}
	d.emit(SignalReceived{ID: c.ID, Name: c.Name, Payload: c.Payload, Actor: c.Actor})
	d.proceed(c.Now, 0)
	return d.events, nil
}

func (in *Instance) signalReceived(e SignalReceived) {
	payload := e.Payload
	if payload == nil {
		payload = json.RawMessage("null")
	}
	in.signals = append(slices.Clip(in.signals), received{id: e.ID, name: e.Name, payload: payload})
}
