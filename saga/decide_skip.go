package saga

import (
	"errors"
	"fmt"
	"strings"
)

// ErrNotSkippable: the saga does not stand at the step, or is on its way back or about to turn round.
var ErrNotSkippable = errors.New("the step cannot be skipped")

// decideSkip passes a step over.
func (in *Instance) decideSkip(c Skip) ([]Event, error) {
	if err := in.mayOperate("skip", c.Actor, c.Reason, c.SeenRevision, true); err != nil {
		return nil, err
	}
	if err := in.maySkip(c.Step); err != nil {
		return nil, fmt.Errorf("skip %s: %w", in.ref, err)
	}
	return []Event{StepSkipped(c)}, nil
}

// maySkip tells why a step cannot be passed over, nil when it can.
func (in *Instance) maySkip(step string) error {
	at := place{in.plan.index(step), Action}
	stands := false
	for p := range in.places() {
		stands = stands || p == at
	}
	p := in.parked
	switch {
	case in.state == StateCompensating || in.turning():
		return fmt.Errorf("step %q, of a saga that is to be undone: %w", step, ErrNotSkippable)
	case at.step < 0:
		return fmt.Errorf("step is %q, which its plan does not have; name one of %s: %w", step, in.plan.names(), ErrNotSkippable)
	case !stands:
		return fmt.Errorf("the saga does not stand at step %s, %s: %w", step, in.whereabouts(), ErrNotSkippable)
	case p != nil && (p.Step != step || p.Direction != Action):
		return fmt.Errorf("step %q is not what it is parked at, that is the %s of step %s: %w", step, p.Direction, p.Step, ErrParkedElsewhere)
	case in.at(at).open && !in.awaits(at):
		return fmt.Errorf("attempt %d of step %s has no outcome yet: %w", in.at(at).attempts, step, ErrAttemptOpen)
	}
	return nil
}

// whereabouts tells at which steps a saga stands on its way forward.
func (in *Instance) whereabouts() string {
	var names []string
	for at := range in.places() {
		names = append(names, in.plan.Steps[at.step].Name)
	}
	if len(names) == 0 {
		return "all its steps are done"
	}
	return "but at " + strings.Join(names, ", ")
}

// skipped folds it. What an earlier attempt may have done stays known, so that it is compensated if it comes to that.
func (in *Instance) skipped(e StepSkipped) {
	in.parked = nil
	s := in.step(e.Step)
	if s == nil {
		return
	}
	s.state, s.skipped = StepStateSkipped, true
	s.action.close()
	s.action.due = 0
	in.leaveStarted()
	in.advance()
}

// advance moves to the first step that is neither completed nor skipped.
func (in *Instance) advance() {
	for in.active < len(in.steps) && in.steps[in.active].passed() {
		in.active++
	}
}

// passed reports whether a saga on its way forward is past the step.
func (s *stepRecord) passed() bool {
	return s.state == StepStateCompleted || s.state == StepStateSkipped
}
