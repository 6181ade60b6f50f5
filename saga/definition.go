package saga

import (
	"encoding/json"
	"fmt"
	"reflect"
	"time"
)

// Definition describes one kind of saga as data: its steps in order, each with its compensation and limits. D is the
// data that a saga is started with; it must survive a round trip through JSON.
//
// A definition is checked when an orchestrator is made from it, or by [Definition.Validate]; all its faults are
// reported together. To change the steps of a definition that has open sagas, raise Version: a saga goes on by the plan
// recorded when it started, and an orchestrator leaves sagas of a version above its own alone.
type Definition[D any] struct {
	// Name is part of every saga's identity: letters, digits, "_" and ".".
	Name string
	// Version is 1 or more.
	Version int
	Steps   []Step[D]
	// Deadline limits the saga as a whole, from its start; 0 means no limit. When it passes before the point of no return, the
	// saga is compensated, as if it was cancelled; after it, the saga is marked as overdue and goes on.
	Deadline time.Duration
}

// AnyDefinition is a Definition whatever its data type. Only Definition implements it.
type AnyDefinition interface {
	// Validate reports every fault of the definition at once, as a *DefinitionError, or nil.
	Validate() error
	compile() (*compiled, error)
	outline() *outline
}

var _ AnyDefinition = Definition[struct{}]{}

// Plan returns what the definition comes down to, with every default filled in. The caller owns it.
func (d Definition[D]) Plan() *Plan {
	flat := d.flat()
	plan := &Plan{Steps: make([]PlannedStep, 0, len(flat)), Groups: d.groups(), DeadlineMS: ceilMS(d.Deadline)}
	for _, step := range flat {
		plan.Steps = append(plan.Steps, step.plan())
	}
	return plan
}

func (s Step[D]) plan() PlannedStep {
	if s.await != nil {
		return s.planAwait()
	}
	attempts := defaultAttempts
	if s.kind == KindRetriable {
		attempts = defaultPersistentAttempts
	}
	o := s.options
	planned := PlannedStep{
		Name: s.name, Kind: s.kind, Group: s.within, CompensateOnFailure: o.CompensateOnFailure,
		Action: newPolicy(AttemptOptions{Timeout: o.Timeout, TotalTimeout: o.TotalTimeout, Retry: o.Retry}, attempts),
		Probe:  s.probe != nil,
	}
	if s.child != nil {
		planned.Child = &PlannedChild{Saga: s.child.saga, UndoSaga: s.child.undoSaga}
	}
	if s.kind == KindCompensable || s.kind == KindChild && s.undoes() {
		undo := newPolicy(o.Compensation, defaultPersistentAttempts)
		planned.Compensation = &undo
	}
	return planned
}

// outline is a definition as its author has written it, faults included, whatever its data type.
type outline struct {
	name     string
	version  int
	plan     *Plan
	deadline time.Duration
	dataType reflect.Type
	steps    []stepOutline // beside those of the plan
}

type stepOutline struct {
	options StepOptions
	wait    time.Duration // the Timeout of one that waits
	origin  origin
}

func (d Definition[D]) outline() *outline {
	o := &outline{
		name: d.Name, version: d.Version, plan: d.Plan(), deadline: d.Deadline, dataType: reflect.TypeFor[D](),
	}
	for _, step := range d.flat() {
		outlined := stepOutline{options: step.options, origin: step.origin}
		if step.await != nil {
			outlined.wait = step.await.timeout
		}
		o.steps = append(o.steps, outlined)
	}
	return o
}

// compiled is a definition as the orchestrator uses it.
type compiled struct {
	name     string
	version  int
	hash     string
	plan     *Plan
	do       map[string]action
	undo     map[string]compensation
	undoData map[string]action // of steps that a saga compensates
	probes   map[string]probe
	waits    map[string]func(json.RawMessage) error // whether a payload is a result of a step that waits
	results  map[string]reflect.Type                // of steps that give one of their own
	dataType reflect.Type
	checks   func(json.RawMessage) error // whether data decodes into the definition's type
}

func (d Definition[D]) compile() (*compiled, error) {
	if err := d.Validate(); err != nil {
		return nil, err
	}
	plan := d.Plan()
	c := &compiled{
		name: d.Name, version: d.Version, plan: plan, hash: DefinitionHash(d.Name, d.Version, plan),
		do: map[string]action{}, undo: map[string]compensation{}, undoData: map[string]action{}, probes: map[string]probe{},
		waits: map[string]func(json.RawMessage) error{}, results: map[string]reflect.Type{},
		dataType: reflect.TypeFor[D](),
		checks:   func(data json.RawMessage) error { return json.Unmarshal(data, new(D)) },
	}
	for _, step := range d.flat() {
		if step.child == nil && step.origin.result != nil {
			c.results[step.name] = step.origin.result
		}
		if step.await != nil {
			c.waits[step.name] = step.await.fits
			continue
		}
		c.do[step.name] = step.do
		if step.undo != nil {
			c.undo[step.name] = step.undo
		}
		if step.child != nil && step.child.undoData != nil {
			c.undoData[step.name] = step.child.undoData
		}
		if step.probe != nil {
			c.probes[step.name] = step.probe.ask
		}
	}
	return c, nil
}

// encode turns the data of a start into JSON and makes sure that the steps will be able to read it.
func (c *compiled) encode(data any) (json.RawMessage, error) {
	encoded, err := json.Marshal(data)
	if err != nil {
		return nil, fmt.Errorf("data of a %s saga: %w: %w", c.name, ErrInvalidData, err)
	}
	if len(encoded) > MaxPayloadBytes {
		return nil, fmt.Errorf("data of a %s saga has %d bytes, the limit is %d; keep it elsewhere and pass a reference: %w",
			c.name, len(encoded), MaxPayloadBytes, ErrInvalidData)
	}
	if reflect.TypeOf(data) == c.dataType {
		return encoded, nil
	}
	if err := c.checks(encoded); err != nil {
		return nil, fmt.Errorf("data of a %s saga does not fit %s: %w: %w", c.name, c.dataType, ErrInvalidData, err)
	}
	return encoded, nil
}

// fitsResult checks that later steps will be able to read what is to be the result of a step.
func (c *compiled) fitsResult(step string, result json.RawMessage) error {
	kind := c.results[step]
	if kind == nil {
		return nil // one of a plan that this definition has left behind
	}
	return json.Unmarshal(result, reflect.New(kind).Interface())
}

// knows reports whether the definition has the function that an attempt needs.
func (c *compiled) knows(step string, d Direction) bool {
	if d == Compensation {
		return c.undo[step] != nil || c.undoData[step] != nil
	}
	return c.do[step] != nil
}
