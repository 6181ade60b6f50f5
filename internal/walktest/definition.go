package walktest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/saga"
)

// Goods is the data of the sagas.
type Goods struct {
	Item  string `json:"item"`
	Count int    `json:"count"`
}

// Do is an action without an effect, and Undo a compensation of it.
func Do(context.Context, saga.Call[Goods]) (string, error) { return "", nil }

// Undo is a compensation without an effect.
func Undo(context.Context, saga.Call[Goods], *string) error { return nil }

// Ask is a probe that finds nothing.
func Ask(context.Context, saga.Call[Goods]) (string, bool, error) { return "", false, nil }

// Step makes a step of a kind. Options that the kind does not have are left out.
func Step(name string, kind saga.Kind, o saga.StepOptions) saga.Step[Goods] {
	if kind == saga.KindCompensable {
		return saga.Compensable(name, Do, Undo, o)
	}
	o.Compensation, o.CompensateOnFailure = saga.AttemptOptions{}, false
	switch kind {
	case saga.KindReadOnly:
		return saga.ReadOnly(name, Do, o)
	case saga.KindPivot:
		return saga.Pivot(name, Do, o)
	default:
		return saga.Retriable(name, Do, o)
	}
}

// Definition draws a definition of version 1 that validation lets pass, of steps a, b, c and so on: single ones, waits for
// the signals "yes" and "go", and parallel groups of up to three of them; some have a deadline of a few minutes.
func Definition(t *rapid.T, name string) saga.Definition[Goods] {
	d := drawing{T: t, def: saga.Definition[Goods]{Name: name, Version: 1}, language: true}
	d.draw()
	if rapid.IntRange(0, 3).Draw(t, "a deadline") == 0 {
		d.def.Deadline = time.Duration(rapid.IntRange(1, 6).Draw(t, "deadline")) * time.Minute
	}
	require.NoError(t, d.def.Validate())
	return d.def
}

// Sequence is Definition without groups, waits and deadlines.
func Sequence(t *rapid.T, name string) saga.Definition[Goods] {
	d := drawing{T: t, def: saga.Definition[Goods]{Name: name, Version: 1}}
	d.draw()
	require.NoError(t, d.def.Validate())
	return d.def
}

// Signals are the names of the signals that drawn steps wait for.
var Signals = [...]string{"yes", "go"}

// drawing is a definition that is being drawn.
type drawing struct {
	*rapid.T
	def      saga.Definition[Goods]
	language bool // groups and waits as well
	steps    int
	groups   int
}

func (d *drawing) draw() {
	reversible := []saga.Kind{saga.KindCompensable, saga.KindCompensable, saga.KindReadOnly}
	for range rapid.IntRange(0, 4).Draw(d.T, "before") {
		d.add(reversible)
	}
	if rapid.Bool().Draw(d.T, "a pivot") {
		d.def.Steps = append(d.def.Steps, d.step([]saga.Kind{saga.KindPivot}))
	}
	irreversible := []saga.Kind{saga.KindRetriable, saga.KindReadOnly}
	for range rapid.IntRange(0, 2).Draw(d.T, "after") {
		d.add(irreversible)
	}
	if len(d.def.Steps) == 0 {
		d.add([]saga.Kind{saga.KindCompensable})
	}
}

// add draws a single step or a group.
func (d *drawing) add(kinds []saga.Kind) {
	if d.language {
		kinds = append(slices.Clone(kinds), saga.KindAwait)
	}
	if !d.language || rapid.IntRange(0, 2).Draw(d.T, "a group") > 0 {
		d.def.Steps = append(d.def.Steps, d.step(kinds))
		return
	}
	var branches []saga.Step[Goods]
	for range rapid.IntRange(1, 3).Draw(d.T, "branches") {
		branches = append(branches, d.step(kinds))
	}
	d.groups++
	group := saga.Parallel(fmt.Sprintf("group_%d", d.groups), branches...)
	if limit := rapid.IntRange(0, 2).Draw(d.T, "limit"); limit > 0 {
		group = group.Limit(limit)
	}
	d.def.Steps = append(d.def.Steps, group)
}

func (d *drawing) step(kinds []saga.Kind) saga.Step[Goods] {
	name := string(rune('a' + d.steps))
	d.steps++
	kind := rapid.SampledFrom(kinds).Draw(d.T, "kind")
	if kind == saga.KindAwait {
		return d.await(name)
	}
	step := Step(name, kind, options(d.T))
	if kind != saga.KindReadOnly && rapid.IntRange(0, 2).Draw(d.T, "a probe") == 0 {
		step = saga.WithProbe(step, Ask)
	}
	return step
}

func (d *drawing) await(name string) saga.Step[Goods] {
	o := saga.AwaitOptions[string]{Signal: rapid.SampledFrom(Signals[:]).Draw(d.T, "signal")}
	o.Timeout = time.Duration(rapid.IntRange(0, 2).Draw(d.T, "wait")) * 40 * time.Second
	if o.Timeout > 0 && rapid.Bool().Draw(d.T, "a default") {
		fallback := "nobody said anything"
		o.Default = &fallback
	}
	return saga.Await[Goods](name, o)
}

func options(t *rapid.T) saga.StepOptions {
	o := saga.StepOptions{Retry: retry(t), Timeout: time.Minute}
	if rapid.IntRange(0, 2).Draw(t, "limited") == 0 {
		o.TotalTimeout = rapid.SampledFrom([]time.Duration{100 * time.Second, 150 * time.Second}).Draw(t, "total")
	}
	o.CompensateOnFailure = rapid.Bool().Draw(t, "compensate on failure")
	o.Compensation = saga.AttemptOptions{Timeout: time.Minute, Retry: retry(t), TotalTimeout: o.TotalTimeout}
	return o
}

func retry(t *rapid.T) saga.RetryPolicy {
	return saga.RetryPolicy{
		InitialInterval:    time.Duration(rapid.IntRange(0, 3).Draw(t, "interval")) * 10 * time.Second,
		BackoffCoefficient: rapid.SampledFrom([]float64{0, 1, 1.7, 3}).Draw(t, "coefficient"),
		MaximumAttempts:    rapid.IntRange(1, 3).Draw(t, "attempts"),
	}
}
