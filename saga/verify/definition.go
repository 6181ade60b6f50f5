package verify

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/skaldgo/skald/saga"
)

// definition is what sagas of one plan share.
type definition struct {
	plan     *saga.Plan
	index    map[string]int
	noReturn int     // the step from whose start (retriable) or success (pivot) on there is no way back, or -1
	stages   []stage // of each step
	anyWaits bool
	hash     string // recomputed
	faults   []string
}

// maxDefinitions bounds the memory for definitions; a log has more only if it is strange.
const maxDefinitions = 256

// definitions keeps those that were read before, because most sagas share theirs with many.
type definitions struct {
	known map[string]*definition
	key   []byte
}

func (d *definitions) of(name string, version int, raw json.RawMessage) (*definition, error) {
	d.key = append(append(d.key[:0], name...), '/')
	d.key = append(strconv.AppendInt(d.key, int64(version), 10), '/')
	d.key = append(d.key, raw...)
	if known := d.known[string(d.key)]; known != nil {
		return known, nil
	}
	plan := &saga.Plan{}
	if err := json.Unmarshal(raw, plan); err != nil {
		return nil, err
	}
	made := newDefinition(name, version, plan)
	if len(d.known) >= maxDefinitions {
		clear(d.known)
	}
	d.known[string(d.key)] = made
	return made, nil
}

func newDefinition(name string, version int, plan *saga.Plan) *definition {
	d := &definition{plan: plan, index: map[string]int{}, noReturn: -1, hash: saga.DefinitionHash(name, version, plan)}
	if version < 1 {
		d.fault("version %d is below 1", version)
	}
	if len(plan.Steps) == 0 {
		d.fault("the plan has no steps")
	}
	for i := range plan.Steps {
		d.checkStep(i, &plan.Steps[i])
	}
	if plan.DeadlineMS < 0 {
		d.fault("the deadline is %d ms", plan.DeadlineMS)
	}
	d.arrange()
	return d
}

func (d *definition) fault(format string, args ...any) {
	d.faults = append(d.faults, fmt.Sprintf(format, args...))
}

func (d *definition) checkStep(i int, s *saga.PlannedStep) {
	if _, taken := d.index[s.Name]; taken || s.Name == "" {
		d.fault("step %d has no name of its own", i)
	}
	d.index[s.Name] = i
	if s.Kind != saga.KindChild && (s.Kind == saga.KindCompensable) != undoable(s) {
		d.fault("step %s is %s, and that does not go with what it has for a compensation", s.Name, s.Kind)
	}
	if d.noReturn >= 0 && (undoable(s) || s.Kind == saga.KindPivot) {
		d.fault("step %s is %s, behind the point of no return", s.Name, s.Kind)
	}
	if d.noReturn < 0 && (s.Kind == saga.KindPivot || s.Kind == saga.KindRetriable) {
		d.noReturn = i
	}
	d.checkWait(s)
	d.checkChild(s)
	d.checkPolicy(s)
	if s.Compensation != nil {
		d.checkLimits(s.Name, s.Compensation, 1)
	}
}

func (d *definition) checkPolicy(s *saga.PlannedStep) {
	least := int64(1)
	if s.Await != nil {
		least = 0 // a wait without limit
	}
	d.checkLimits(s.Name, &s.Action, least)
}

func (d *definition) checkLimits(step string, p *saga.Policy, least int64) {
	if p.TimeoutMS < least || p.TotalTimeoutMS < 0 || p.InitialIntervalMS < 1 || p.MaximumIntervalMS < 1 ||
		!(p.BackoffCoefficient >= 1) || p.MaximumAttempts < 1 {
		d.fault("step %s has a policy that cannot be: %+v", step, *p)
	}
}

// policy returns the policy of a step in a direction.
func (d *definition) policy(i int, dir saga.Direction) *saga.Policy {
	s := &d.plan.Steps[i]
	if dir == saga.Compensation && s.Compensation != nil {
		return s.Compensation
	}
	return &s.Action
}

// name returns the name of a step, or "no step" for -1.
func (d *definition) name(i int) string {
	if i < 0 || i >= len(d.plan.Steps) {
		return "no step"
	}
	return d.plan.Steps[i].Name
}

// interval returns the longest delay after a number of failed attempts: the first one grown by the coefficient for every
// attempt after the first, up to the maximum.
func interval(p *saga.Policy, failed int) time.Duration {
	grown := float64(p.InitialIntervalMS)
	for range min(failed-1, 64_000) { // beyond that nothing grows that has not reached its maximum
		if grown *= p.BackoffCoefficient; grown >= float64(p.MaximumIntervalMS) || p.BackoffCoefficient == 1 {
			break
		}
	}
	return span(math.Min(grown, float64(p.MaximumIntervalMS)))
}

// span turns milliseconds into a length of time, at most the longest there is.
func span(ms float64) time.Duration {
	if ns := ms * float64(time.Millisecond); ns < math.MaxInt64 {
		return time.Duration(ns)
	}
	return math.MaxInt64
}
