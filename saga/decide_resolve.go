package saga

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Errors of Resolve to branch on with errors.Is.
var (
	// ErrParkedElsewhere: the saga is parked, at another step or in the other direction.
	ErrParkedElsewhere = errors.New("saga is parked elsewhere")
	// ErrAttemptOpen: an attempt of the step is open, and has to have an outcome first.
	ErrAttemptOpen = errors.New("an attempt of the step is open")
	// ErrOutcomeKnown: what came of the step is in the history already.
	ErrOutcomeKnown = errors.New("the outcome of the step is known")
	// ErrInvalidResolution: a result is no JSON, over MaxPayloadBytes or does not fit, or is given for a compensation; or
	// evidence is missing, or given for an action.
	ErrInvalidResolution = errors.New("invalid resolution")
)

// decideResolve takes an operator's word for what came of the parked step.
func (in *Instance) decideResolve(c Resolve) ([]Event, error) {
	if err := in.mayOperate("resolve", c.Actor, c.Reason, c.SeenRevision, in.parked != nil); err != nil {
		return nil, err
	}
	if err := in.mayResolve(c.Step, c.Direction); err != nil {
		return nil, fmt.Errorf("resolve %s: %w", in.ref, err)
	}
	if err := c.validate(); err != nil {
		return nil, fmt.Errorf("resolve %s: %w", in.ref, err)
	}
	return []Event{StepResolved(c)}, nil
}

// validate checks that a step is told to have done what its direction can.
func (c Resolve) validate() error {
	switch {
	case c.Direction == Compensation && c.Result != nil:
		return fmt.Errorf("a compensation has no result: %w", ErrInvalidResolution)
	case c.Direction == Compensation && c.Evidence == "":
		return fmt.Errorf("say in Evidence how it is known that step %s is undone: %w", c.Step, ErrInvalidResolution)
	case c.Direction == Action && c.Evidence != "":
		return fmt.Errorf("evidence is for compensations; say in Reason how the result is known: %w", ErrInvalidResolution)
	case c.Result != nil && !json.Valid(c.Result):
		return fmt.Errorf("the result of step %s is no JSON: %w", c.Step, ErrInvalidResolution)
	case len(c.Result) > MaxPayloadBytes:
		return fmt.Errorf("the result of step %s has %d bytes, the limit is %d: %w",
			c.Step, len(c.Result), MaxPayloadBytes, ErrInvalidResolution)
	}
	return nil
}

// mayResolve tells why nobody can say what came of a step in a direction, nil when somebody can.
func (in *Instance) mayResolve(step string, d Direction) error {
	if in.parked == nil {
		return ErrNotParked
	}
	i := in.plan.index(step)
	if p := in.parked; i < 0 || step != p.Step || d != p.Direction {
		return fmt.Errorf("the %s of step %q is not what it is parked at, that is the %s of step %s: %w",
			d, step, p.Direction, p.Step, ErrParkedElsewhere)
	}
	s, back := &in.steps[i], in.state == StateCompensating
	known := s.result != nil || back
	if d == Compensation {
		known = !back || s.state == StepStateCompensated && !s.overlooked()
	}
	switch {
	case s.track(d).open:
		return fmt.Errorf("attempt %d of the %s of step %s has no outcome yet: %w", s.track(d).attempts, d, step, ErrAttemptOpen)
	case known:
		return fmt.Errorf("the %s of step %s needs no word of yours, redrive it: %w", d, step, ErrOutcomeKnown)
	}
	return nil
}

// resolved folds it as an outcome. A step that never started counts as started now: what is said to have happened is
// compensated as well, if it comes to that.
func (in *Instance) resolved(e StepResolved) {
	in.parked = nil
	s := in.step(e.Step)
	if s == nil {
		return
	}
	if e.Direction == Compensation {
		s.undoBlind = s.result == nil // who knew of the result has undone what it tells of
		in.compensationCompleted(CompensationCompleted{Step: e.Step})
		return
	}
	if s.order == 0 {
		in.started++
		s.order = in.started
	}
	in.stepCompleted(StepCompleted{Step: e.Step, Result: e.Result})
}
