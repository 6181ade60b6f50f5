package verify

import (
	"slices"

	"github.com/skaldgo/skald/saga"
)

// retryPolicyChanged looks at a RetryPolicyChanged: from then on the attempts of a step go by another policy. It has to be
// one that allows what has been attempted, and what is to come.
func (h *history) retryPolicyChanged() {
	f := h.fact
	h.signed()
	i, ok := h.def.index[f.Step]
	if !ok || h.def.waits(i) || f.Direction == saga.Compensation && h.def.plan.Steps[i].Compensation == nil {
		h.broken(ruleDefinition, "The plan has nothing that is retried as the %s of step %q.", f.Direction, f.Step)
		return
	}
	s, t, p := &h.steps[i], h.track(i, f.Direction), f.Retry
	if p.InitialIntervalMS < 1 || p.MaximumIntervalMS < p.InitialIntervalMS || p.MaximumAttempts < 1 ||
		!(p.BackoffCoefficient >= 1 && p.BackoffCoefficient <= 1000) {
		h.broken(rule(f.Direction, ruleRetry), "It is a policy that cannot be: %+v.", p)
		return
	}
	over := f.Direction == saga.Action && (s.passed() || h.turned || h.gaveUp && h.gaveUpAt == i) ||
		f.Direction == saga.Compensation && s.compensated
	counts := t.open && t.probe != saga.ProbeOnly
	spent := t.refused || t.askOnly || !counts && t.used >= h.def.policy(i, f.Direction).MaximumAttempts
	h.want(!over && !spent, rule(f.Direction, ruleAttempts), "Step %s is not attempted again, whatever its policy is.", f.Step)
	need := t.used
	if !counts {
		need++
	}
	h.want(p.MaximumAttempts >= need, rule(f.Direction, ruleAttempts), "%d attempts are allowed, and %d count or are to come.",
		p.MaximumAttempts, need)
	h.policies = append(h.policies, policyChange{step: f.Step, direction: f.Direction, retry: p})
	h.def = h.def.withRetry(i, f.Direction, p)
}

// policyChange is a retry policy that an operator has given a step.
type policyChange struct {
	step      string
	direction saga.Direction
	retry     saga.PlannedRetry
}

// repolicy lets what an operator has changed hold in another plan as well, where that has what it is for.
func (h *history) repolicy(c policyChange) {
	i, ok := h.def.index[c.step]
	if ok && !h.def.waits(i) && (c.direction == saga.Action || h.def.plan.Steps[i].Compensation != nil) {
		h.def = h.def.withRetry(i, c.direction, c.retry)
	}
}

// withRetry returns a copy in which a step has another retry policy, because other sagas share the definition.
func (d *definition) withRetry(i int, dir saga.Direction, retry saga.PlannedRetry) *definition {
	own, plan := *d, *d.plan
	plan.Steps = slices.Clone(plan.Steps)
	own.plan = &plan
	p := *own.policy(i, dir)
	p.InitialIntervalMS, p.BackoffCoefficient = retry.InitialIntervalMS, retry.BackoffCoefficient
	p.MaximumIntervalMS, p.MaximumAttempts = retry.MaximumIntervalMS, retry.MaximumAttempts
	if dir == saga.Compensation {
		plan.Steps[i].Compensation = &p
	} else {
		plan.Steps[i].Action = p
	}
	return &own
}
