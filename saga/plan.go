package saga

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// MaxPlanBytes limits a plan, as JSON. Plan and data are in the first event of each saga. A plan of some 1,500 steps fits.
const MaxPlanBytes = 512 << 10

// Plan is what a definition comes down to: data without functions. It is recorded in the first event of every saga,
// with every default filled in, and the saga goes on by it even when the definition changes. It is never modified after
// it was made, so instances share it; a saga whose retry policies an operator has changed has a copy of its own.
type Plan struct {
	Steps []PlannedStep `json:"steps"`
	// Groups are the parallel groups, in the order of their steps.
	Groups []PlannedGroup `json:"groups,omitempty"`
	// DeadlineMS limits the saga as a whole, in milliseconds from its start; 0 for no limit.
	DeadlineMS int64 `json:"deadline_ms,omitempty"`
}

// PlannedStep is one step of a plan.
type PlannedStep struct {
	Name string `json:"name"`
	Kind Kind   `json:"kind"`
	// Group names the parallel group whose branch the step is, "" for none. The branches of a group stand side by side.
	Group  string `json:"group,omitempty"`
	Action Policy `json:"action"`
	// Compensation is nil for a step that has none.
	Compensation        *Policy `json:"compensation,omitempty"`
	CompensateOnFailure bool    `json:"compensate_on_failure,omitempty"`
	// Await is what the step waits for, nil for one that does not wait.
	Await *PlannedAwait `json:"await,omitempty"`
	// Child names the sagas that the step starts, nil for one that starts none.
	Child *PlannedChild `json:"child,omitempty"`
	// Probe tells that the step has a probe, which is asked while its outcome is unknown.
	Probe bool `json:"probe,omitempty"`
}

// Policy limits the attempts of an action or a compensation. Lengths of time are in milliseconds, rounded up.
type Policy struct {
	TimeoutMS          int64   `json:"timeout_ms"`
	TotalTimeoutMS     int64   `json:"total_timeout_ms,omitempty"`
	InitialIntervalMS  int64   `json:"initial_interval_ms"`
	BackoffCoefficient float64 `json:"backoff_coefficient"`
	MaximumIntervalMS  int64   `json:"maximum_interval_ms"`
	MaximumAttempts    int     `json:"maximum_attempts"`
}

func newPolicy(o AttemptOptions, attempts int) Policy {
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	retry := o.Retry.withDefaults(attempts)
	return Policy{
		TimeoutMS:          ceilMS(o.Timeout),
		TotalTimeoutMS:     ceilMS(o.TotalTimeout),
		InitialIntervalMS:  ceilMS(retry.InitialInterval),
		BackoffCoefficient: retry.BackoffCoefficient,
		MaximumIntervalMS:  ceilMS(retry.MaximumInterval),
		MaximumAttempts:    retry.MaximumAttempts,
	}
}

// Timeout is the limit of one attempt.
func (p Policy) Timeout() time.Duration { return fromMS(p.TimeoutMS) }

// TotalTimeout is the limit of all attempts with their delays, 0 for none.
func (p Policy) TotalTimeout() time.Duration { return fromMS(p.TotalTimeoutMS) }

// Retry is the retry policy with every default filled in.
func (p Policy) Retry() RetryPolicy {
	return RetryPolicy{
		InitialInterval:    fromMS(p.InitialIntervalMS),
		BackoffCoefficient: p.BackoffCoefficient,
		MaximumInterval:    fromMS(p.MaximumIntervalMS),
		MaximumAttempts:    p.MaximumAttempts,
	}
}

func ceilMS(d time.Duration) int64 {
	ms := int64(d / time.Millisecond)
	if d > time.Duration(ms)*time.Millisecond {
		ms++
	}
	return ms
}

// fromMS never overflows: a length that does not fit is the longest there is.
func fromMS(ms int64) time.Duration {
	const longest = int64(1<<63-1) / int64(time.Millisecond)
	return time.Duration(min(ms, longest)) * time.Millisecond
}

// policy returns the policy of a step in a direction.
func (s *PlannedStep) policy(d Direction) Policy {
	if d == Compensation && s.Compensation != nil {
		return *s.Compensation
	}
	return s.Action
}

// index returns the place of a step, or -1.
func (p *Plan) index(step string) int {
	for i := range p.Steps {
		if p.Steps[i].Name == step {
			return i
		}
	}
	return -1
}

// probes reports whether the plan has a step of that name with a probe.
func (p *Plan) probes(step string) bool {
	i := p.index(step)
	return i >= 0 && p.Steps[i].Probe
}

// ambiguous reports whether a step has no name or that of another, so that events could not tell which one they are about.
func (p *Plan) ambiguous() bool {
	seen := make(map[string]struct{}, len(p.Steps))
	for i := range p.Steps {
		seen[p.Steps[i].Name] = struct{}{}
	}
	_, nameless := seen[""]
	return nameless || len(seen) < len(p.Steps)
}

// pointOfNoReturn returns the index of the step from whose start (retriable) or success (pivot) on the saga can only go
// forward, or -1 when there is none.
func (p *Plan) pointOfNoReturn() int {
	for i := range p.Steps {
		if p.Steps[i].Kind == KindPivot || p.Steps[i].Kind == KindRetriable {
			return i
		}
	}
	return -1
}

// DefinitionHash returns the hex SHA-256 of a definition's name, version and plan as JSON: two programs whose hashes
// agree run the same plan under the same name.
func DefinitionHash(name string, version int, plan *Plan) string {
	canonical, err := json.Marshal(struct {
		Name    string `json:"name"`
		Version int    `json:"version"`
		Plan    *Plan  `json:"plan"`
	}{name, version, plan})
	if err != nil {
		panic(fmt.Sprintf("saga: a plan is plain data and always encodes: %v", err))
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:])
}
