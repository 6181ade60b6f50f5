package saga

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// AwaitOptions tunes a step that waits for a signal. The zero value waits for ever for the signal of the step's name.
type AwaitOptions[R any] struct {
	// Signal is the name of the signal. Default: the step's name.
	Signal string
	// Timeout limits the wait, from when the step begins to wait. 0 means no limit.
	Timeout time.Duration
	// Default is what the saga goes on with when the wait has lasted for Timeout. Without one the step fails then: before the
	// point of no return the saga is compensated, after it the saga is parked.
	Default *R
}

// Await makes a step that waits for a signal from outside, an approval for instance: see Orchestrator.Signal. What comes
// with the signal is the step's result. A signal that came before the saga has reached the step counts, one signal for one
// step; of several the first.
//
// Waiting holds no worker slot, survives every restart, and holds up neither a cancellation nor the saga's turn: there is
// nothing to undo.
func Await[D, R any](name string, options AwaitOptions[R]) Step[D] {
	if options.Signal == "" {
		options.Signal = name
	}
	await := &awaitStep{signal: options.Signal, timeout: options.Timeout}
	await.fits = func(payload json.RawMessage) error { return json.Unmarshal(payload, new(R)) }
	if options.Default != nil {
		await.fallback, await.problem = json.Marshal(options.Default)
	}
	return Step[D]{name: name, kind: KindAwait, await: await, origin: origin{result: reflect.TypeFor[R]()}}
}

// awaitStep is what only a step that waits has.
type awaitStep struct {
	signal   string
	timeout  time.Duration
	fallback json.RawMessage
	problem  error // with the fallback
	fits     func(payload json.RawMessage) error
}

// PlannedAwait is what a step waits for. Its Policy has the timeout, 0 for none.
type PlannedAwait struct {
	Signal string `json:"signal"`
	// Default is the result when the wait times out; without one the step fails then.
	Default json.RawMessage `json:"default,omitempty"`
}

func (s Step[D]) planAwait() PlannedStep {
	policy := newPolicy(AttemptOptions{}, 1)
	policy.TimeoutMS = ceilMS(s.await.timeout)
	return PlannedStep{
		Name: s.name, Kind: s.kind, Group: s.within, Action: policy,
		Await: &PlannedAwait{Signal: s.await.signal, Default: s.await.fallback},
	}
}

func (s Step[D]) validateAwait(f *faults) {
	a := s.await
	if err := validateName("name", a.signal); err != nil {
		f.add("step %q: Signal: %v", s.name, err)
	}
	if a.timeout < 0 {
		f.add("step %q: Timeout is %s, it must not be negative", s.name, a.timeout)
	}
	switch {
	case a.problem != nil:
		f.add("step %q: Default cannot be encoded: %v", s.name, a.problem)
	case a.fallback != nil && a.timeout == 0:
		f.add("step %q has a Default and no Timeout after which it would be used", s.name)
	case len(a.fallback) > MaxPayloadBytes:
		f.add("step %q: Default has %d bytes, the limit is %d", s.name, len(a.fallback), MaxPayloadBytes)
	}
}

// awaits reports whether a step of the plan waits for a signal of that name.
func (p *Plan) awaits(signal string) bool {
	for i := range p.Steps {
		if a := p.Steps[i].Await; a != nil && a.Signal == signal {
			return true
		}
	}
	return false
}

// awaited tells the names of the signals that the steps of the plan wait for.
func (p *Plan) awaited() string {
	var names []string
	for i := range p.Steps {
		if a := p.Steps[i].Await; a != nil && !slices.Contains(names, a.Signal) {
			names = append(names, a.Signal)
		}
	}
	if len(names) == 0 {
		return "none of its steps waits for a signal"
	}
	return "its steps wait for " + strings.Join(names, ", ")
}

// fits checks what comes with a signal against what the steps that wait for it give as their result.
func (c *compiled) fits(signal string, payload json.RawMessage) error {
	for i := range c.plan.Steps {
		step := &c.plan.Steps[i]
		if step.Await == nil || step.Await.Signal != signal {
			continue
		}
		if err := c.waits[step.Name](payload); err != nil {
			return fmt.Errorf("the result of step %q: %w", step.Name, err)
		}
	}
	return nil
}
