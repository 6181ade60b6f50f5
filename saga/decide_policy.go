package saga

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// PlannedRetry is a retry policy as it stands in an event. Lengths of time are in milliseconds, rounded up.
type PlannedRetry struct {
	InitialIntervalMS  int64   `json:"initial_interval_ms"`
	BackoffCoefficient float64 `json:"backoff_coefficient"`
	MaximumIntervalMS  int64   `json:"maximum_interval_ms"`
	MaximumAttempts    int     `json:"maximum_attempts"`
}

// decideRetryPolicy gives a step another retry policy in one direction.
func (in *Instance) decideRetryPolicy(c ChangeRetryPolicy) ([]Event, error) {
	if err := in.mayOperate("change the policy of", c.Actor, c.Reason, saw(c.SeenRevision, in.revision), true); err != nil {
		return nil, err
	}
	at, err := in.retried(c.Step, c.Direction)
	if err != nil {
		return nil, fmt.Errorf("change the policy of %s: %w", in.ref, err)
	}
	retry := c.Retry.over(in.plan.Steps[at.step].policy(at.direction).Retry())
	if err := in.allows(at, retry); err != nil {
		return nil, fmt.Errorf("change the policy of %s: %w", in.ref, err)
	}
	return []Event{RetryPolicyChanged{
		Step: c.Step, Direction: c.Direction, Retry: PlannedRetry{
			InitialIntervalMS: ceilMS(retry.InitialInterval), BackoffCoefficient: retry.BackoffCoefficient,
			MaximumIntervalMS: ceilMS(retry.MaximumInterval), MaximumAttempts: retry.MaximumAttempts,
		},
		Actor: c.Actor, Reason: c.Reason, SeenRevision: noted(c.SeenRevision),
	}}, nil
}

// over returns the policy with what it leaves out taken from another one.
func (p RetryPolicy) over(other RetryPolicy) RetryPolicy {
	if p.InitialInterval == 0 {
		p.InitialInterval = other.InitialInterval
	}
	if p.BackoffCoefficient == 0 {
		p.BackoffCoefficient = other.BackoffCoefficient
	}
	if p.MaximumInterval == 0 {
		p.MaximumInterval = other.MaximumInterval
	}
	if p.MaximumAttempts == 0 {
		p.MaximumAttempts = other.MaximumAttempts
	}
	return p
}

// retried returns the place of a step in a direction, or why a retry policy is nothing to it, or nothing any more.
func (in *Instance) retried(step string, d Direction) (place, error) {
	at := place{in.plan.index(step), d}
	switch {
	case at.step < 0:
		return at, fmt.Errorf("step is %q, which its plan does not have; name one of %s: %w", step, in.plan.names(), ErrInvalidPolicy)
	case d != Action && d != Compensation:
		return at, fmt.Errorf("direction is %d; give action or compensation: %w", d, ErrInvalidPolicy)
	case d == Compensation && in.plan.Steps[at.step].Compensation == nil:
		return at, fmt.Errorf("direction is compensation, and step %s has none; give action: %w", step, ErrInvalidPolicy)
	case in.plan.Steps[at.step].Await != nil:
		return at, fmt.Errorf("step %s waits for a signal and is not retried; deliver the signal: %w", step, ErrInvalidPolicy)
	}
	s, t := &in.steps[at.step], in.at(at)
	switch {
	case d == Action && s.passed(), d == Compensation && s.state == StepStateCompensated:
		return at, fmt.Errorf("the %s of step %s is done: %w", d, step, ErrNotRetried)
	case d == Action && in.state == StateCompensating:
		return at, fmt.Errorf("the saga has turned round, and step %s is not attempted again: %w", step, ErrNotRetried)
	case d == Action && in.gaveUp != nil && in.gaveUp.Step == step, t.askOnly,
		!t.counts() && t.spent(in.plan.Steps[at.step].policy(d)):
		return at, fmt.Errorf("the %s of step %s is given up; redrive it when the saga is parked: %w", d, step, ErrNotRetried)
	}
	return at, nil
}

// counts reports whether an attempt is open that counts against the policy.
func (t *track) counts() bool { return t.open && t.probe != ProbeOnly }

// allows checks a policy as that of a definition is checked, and that it allows what has been attempted at the place, and
// the attempt that is to come.
func (in *Instance) allows(at place, p RetryPolicy) error {
	step, prefix := in.plan.Steps[at.step].Name, ""
	if at.direction == Compensation {
		prefix = "Compensation."
	}
	f := faults{}
	AttemptOptions{Retry: p}.validate(&f, step, prefix)
	t := in.at(at)
	need := t.used
	if !t.counts() {
		need++
	}
	if p.MaximumAttempts >= 0 && p.MaximumAttempts < need {
		f.add("step %q: %sRetry.MaximumAttempts is %d, and %d count already or are to come; give %d or more",
			step, prefix, p.MaximumAttempts, need, need)
	}
	if len(f) > 0 {
		return fmt.Errorf("%s: %w", strings.Join(f, "; "), ErrInvalidPolicy)
	}
	return nil
}

// impossiblePolicy tells why a retry policy cannot have been changed to what an event says, or "".
func (in *Instance) impossiblePolicy(e RetryPolicyChanged) string {
	r := e.Retry
	if r.InitialIntervalMS < 1 || r.MaximumIntervalMS < 1 || r.BackoffCoefficient == 0 || r.MaximumAttempts < 1 {
		return fmt.Sprintf("RetryPolicyChanged of step %q to a policy that is incomplete", e.Step)
	}
	at, err := in.retried(e.Step, e.Direction)
	if err == nil {
		err = in.allows(at, r.over(Policy{}).Retry())
	}
	if err != nil {
		return "RetryPolicyChanged that cannot be: " + err.Error()
	}
	return ""
}

// over returns the policy with its retries taken from r.
func (r PlannedRetry) over(p Policy) Policy {
	p.InitialIntervalMS, p.BackoffCoefficient = r.InitialIntervalMS, r.BackoffCoefficient
	p.MaximumIntervalMS, p.MaximumAttempts = r.MaximumIntervalMS, r.MaximumAttempts
	return p
}

// retryPolicyChanged gives the saga a plan of its own, because others share the one that it had.
func (in *Instance) retryPolicyChanged(e RetryPolicyChanged) {
	in.plan = in.plan.withRetry(in.plan.index(e.Step), e.Direction, e.Retry)
	changed := make(map[string]PlannedRetry, len(in.policies)+1)
	maps.Copy(changed, in.policies)
	changed[policyKey(e.Step, e.Direction)] = e.Retry
	in.policies = changed
}

// policyKey names the attempts of a step in a direction.
func policyKey(step string, d Direction) string { return step + " " + d.String() }

// operated returns a plan with the retry policies that operators have changed in this saga, where it has what they are for.
func (in *Instance) operated(plan *Plan) *Plan {
	if len(in.policies) == 0 {
		return plan
	}
	for i := range plan.Steps {
		for _, d := range []Direction{Action, Compensation} {
			step := &plan.Steps[i]
			if retry, has := in.policies[policyKey(step.Name, d)]; has && step.retries(d) {
				plan = plan.withRetry(i, d, retry)
			}
		}
	}
	return plan
}

// retries reports whether a step is attempted in a direction.
func (s *PlannedStep) retries(d Direction) bool {
	return s.Await == nil && (d == Action || s.Compensation != nil)
}

// withRetry returns a copy of the plan in which a step has another retry policy.
func (p *Plan) withRetry(step int, d Direction, retry PlannedRetry) *Plan {
	changed := *p
	changed.Steps = slices.Clone(p.Steps)
	if s := &changed.Steps[step]; d == Compensation {
		undo := retry.over(*s.Compensation)
		s.Compensation = &undo
	} else {
		s.Action = retry.over(s.Action)
	}
	return &changed
}

// limitedAs reports whether the policies of a plan are those of another one that was recorded under the same hash: they are
// not when an operator has changed one.
func (p *Plan) limitedAs(other *Plan) bool {
	return p == other || slices.EqualFunc(p.Steps, other.Steps, func(a, b PlannedStep) bool {
		undo := a.Compensation == b.Compensation
		if a.Compensation != nil && b.Compensation != nil {
			undo = *a.Compensation == *b.Compensation
		}
		return a.Action == b.Action && undo
	})
}

// names lists the steps.
func (p *Plan) names() string {
	names := make([]string, len(p.Steps))
	for i := range p.Steps {
		names[i] = p.Steps[i].Name
	}
	return strings.Join(names, ", ")
}
