package walktest

import (
	"context"
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

// Definition draws a definition of version 1 that validation lets pass, of steps a, b, c and so on.
func Definition(t *rapid.T, name string) saga.Definition[Goods] {
	reversible := []saga.Kind{saga.KindCompensable, saga.KindCompensable, saga.KindReadOnly}
	kinds := rapid.SliceOfN(rapid.SampledFrom(reversible), 0, 4).Draw(t, "before")
	if rapid.Bool().Draw(t, "a pivot") {
		kinds = append(kinds, saga.KindPivot)
	}
	irreversible := []saga.Kind{saga.KindRetriable, saga.KindReadOnly}
	kinds = append(kinds, rapid.SliceOfN(rapid.SampledFrom(irreversible), 0, 2).Draw(t, "after")...)
	if len(kinds) == 0 {
		kinds = []saga.Kind{saga.KindCompensable}
	}
	def := saga.Definition[Goods]{Name: name, Version: 1}
	for i, kind := range kinds {
		def.Steps = append(def.Steps, Step(string(rune('a'+i)), kind, options(t)))
	}
	require.NoError(t, def.Validate())
	return def
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
