package saga_test

import (
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/skaldgo/skald/saga"
)

// changedPolicy is the event by which a policy becomes another.
func changedPolicy(was saga.Policy, c saga.ChangeRetryPolicy) saga.RetryPolicyChanged {
	p := saga.PlannedRetry{
		InitialIntervalMS: was.InitialIntervalMS, BackoffCoefficient: was.BackoffCoefficient,
		MaximumIntervalMS: was.MaximumIntervalMS, MaximumAttempts: was.MaximumAttempts,
	}
	if c.Retry.InitialInterval > 0 {
		p.InitialIntervalMS = c.Retry.InitialInterval.Milliseconds()
	}
	if c.Retry.BackoffCoefficient > 0 {
		p.BackoffCoefficient = c.Retry.BackoffCoefficient
	}
	if c.Retry.MaximumInterval > 0 {
		p.MaximumIntervalMS = c.Retry.MaximumInterval.Milliseconds()
	}
	if c.Retry.MaximumAttempts > 0 {
		p.MaximumAttempts = c.Retry.MaximumAttempts
	}
	return saga.RetryPolicyChanged{
		Step: c.Step, Direction: c.Direction, Retry: p, Actor: c.Actor, Reason: c.Reason, SeenRevision: sawRevision(c.SeenRevision),
	}
}

// policyFits reports whether a retry policy can become that of an event.
func (p past) policyFits(e saga.RetryPolicyChanged) bool {
	i := p.index(e.Step)
	if i < 0 {
		return false
	}
	id, r, step := trackID{e.Step, e.Direction}, e.Retry, p.plan.Steps[i]
	again, _ := p.again()
	undone := p.undone(step.Name) && !slices.Contains(again, step.Name)
	if e.Direction == saga.Compensation && (step.Compensation == nil || undone) {
		return false
	}
	if e.Direction == saga.Action {
		gaveUp := has(p, func(e saga.StepGivenUp) bool { return e.Step == step.Name })
		if p.waits(id) || p.passed(step.Name) || p.state() == saga.StateCompensating || gaveUp || p.askOnly(id) {
			return false
		}
	}
	runs := slices.ContainsFunc(p.open(), func(b opened) bool { return b.trackID == id && p.useOf(id, b.Attempt) != saga.ProbeOnly })
	need := p.used(id)
	if !runs {
		if p.exhausted(id) {
			return false
		}
		need++
	}
	return r.MaximumAttempts >= max(need, 1) && r.InitialIntervalMS >= 1 && r.MaximumIntervalMS >= r.InitialIntervalMS &&
		r.BackoffCoefficient >= 1 && r.BackoffCoefficient <= 1000
}

// changedTo is the event by which so many attempts of a step's action are allowed.
func changedTo(step string, attempts int) saga.RetryPolicyChanged {
	return saga.RetryPolicyChanged{Step: step, Retry: saga.PlannedRetry{
		InitialIntervalMS: 1000, BackoffCoefficient: 2, MaximumIntervalMS: 60_000, MaximumAttempts: attempts,
	}}
}

// changePolicy lets an operator change the retry policy of some step, and reports whether there is one of which that can be.
func (w *walk) changePolicy(seen int64) bool {
	plan := w.past().plan
	c := saga.ChangeRetryPolicy{
		Step:      plan.Steps[rapid.IntRange(0, len(plan.Steps)-1).Draw(w.T, "of step")].Name,
		Direction: saga.Direction(rapid.IntRange(0, 1).Draw(w.T, "of direction")),
		Retry: saga.RetryPolicy{
			InitialInterval: time.Duration(rapid.IntRange(0, 3).Draw(w.T, "initial")) * time.Second,
			MaximumInterval: time.Duration(rapid.IntRange(0, 9).Draw(w.T, "maximum")) * time.Second,
			MaximumAttempts: rapid.IntRange(0, 6).Draw(w.T, "attempts"),
		},
		Actor: "ann", Reason: "the bank is slow", SeenRevision: seen,
	}
	if !w.past().policyFits(changedPolicy(w.past().policy(trackID{c.Step, c.Direction}), c)) {
		_, err := w.fold().Decide(c)
		if err == nil {
			w.T.Fatalf("%+v is not refused", c)
		}
		return false
	}
	w.decide(c)
	return true
}

// retryPolicyChanged demands that a policy which is changed allows what was attempted, and that something is to come.
func (r *rules) retryPolicyChanged(e saga.RetryPolicyChanged) {
	r.want(e.Actor != "" && e.Reason != "", "G20", "a change of a policy says who and why")
	id := trackID{e.Step, e.Direction}
	t := r.track(e.Step, e.Direction)
	r.want(!t.permanent && !t.askOnly && (e.Direction == saga.Compensation || !r.results[e.Step] && r.turned == nil), "G6",
		"the policy of %v is changed, which is not attempted again", id)
	r.want(e.Retry.MaximumAttempts >= t.budget, "G6", "%v has made %d attempts, and may make %d", id, t.budget, e.Retry.MaximumAttempts)
	r.policies = append(r.policies, e)
	r.limit(e)
}

// limit lets a step of the plan go by another policy.
func (r *rules) limit(e saga.RetryPolicyChanged) {
	plan := *r.plan
	plan.Steps = slices.Clone(plan.Steps)
	policy := r.policy(trackID{e.Step, e.Direction})
	policy.InitialIntervalMS, policy.BackoffCoefficient = e.Retry.InitialIntervalMS, e.Retry.BackoffCoefficient
	policy.MaximumIntervalMS, policy.MaximumAttempts = e.Retry.MaximumIntervalMS, e.Retry.MaximumAttempts
	if e.Direction == saga.Compensation {
		plan.Steps[r.index(e.Step)].Compensation = &policy
	} else {
		plan.Steps[r.index(e.Step)].Action = policy
	}
	r.plan = &plan
}
