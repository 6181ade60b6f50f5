package sagatest

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/skaldgo/skald/saga"
)

// Scripted returns the definition with a recorder in the place of its functions: of the steps that are named, or of all
// when none is. Name, version and plan stay what they were, and so does the hash of the definition. A step that keeps its
// function gets the scripted results of the others by saga.Result, as it would get real ones.
func Scripted[D any](definition saga.Definition[D], r *Recorder, steps ...string) saga.Definition[D] {
	return replaced(definition, r.play, steps)
}

// respond stands for a function of a definition. For a probe that finds nothing it gives saga.ErrNothingToCompensate.
type respond func(context.Context, RecordedCall) (json.RawMessage, error)

// replaced returns the definition with something else in the place of the functions of some steps, or of all.
func replaced[D any](definition saga.Definition[D], by respond, steps []string) saga.Definition[D] {
	do := func(ctx context.Context, call saga.Call[D]) (json.RawMessage, error) {
		return by(ctx, recordedCall(call, saga.Action, nil))
	}
	undo := func(ctx context.Context, call saga.Call[D], result *json.RawMessage) error {
		_, err := by(ctx, recordedCall(call, saga.Compensation, result))
		return err
	}
	probe := func(ctx context.Context, call saga.Call[D]) (json.RawMessage, bool, error) {
		asked := recordedCall(call, saga.Action, nil)
		asked.Probe = true
		result, err := by(ctx, asked)
		if errors.Is(err, saga.ErrNothingToCompensate) {
			return nil, false, nil
		}
		return result, err == nil, err
	}
	planned := definition.Plan().Steps
	definition.Steps = slices.Clone(definition.Steps)
	for i := range planned {
		if len(steps) > 0 && !slices.Contains(steps, planned[i].Name) {
			continue
		}
		name, options := planned[i].Name, optionsOf(&planned[i])
		switch planned[i].Kind {
		case saga.KindCompensable:
			definition.Steps[i] = saga.Compensable(name, do, undo, options)
		case saga.KindReadOnly:
			definition.Steps[i] = saga.ReadOnly(name, do, options)
		case saga.KindPivot:
			definition.Steps[i] = saga.Pivot(name, do, options)
		case saga.KindRetriable:
			definition.Steps[i] = saga.Retriable(name, do, options)
		}
		if planned[i].Probe {
			definition.Steps[i] = saga.WithProbe(definition.Steps[i], probe)
		}
	}
	return definition
}

func recordedCall[D any](call saga.Call[D], d saga.Direction, result *json.RawMessage) RecordedCall {
	c := RecordedCall{
		Saga: saga.Ref{Name: call.SagaName, ID: call.SagaID}, Step: call.Step, Direction: d, Attempt: call.Attempt,
		Key: call.IdempotencyKey, Deadline: call.Deadline,
	}
	if result != nil {
		c.Result = *result
	}
	return c
}

// optionsOf returns options that lead to the same planned step.
func optionsOf(s *saga.PlannedStep) saga.StepOptions {
	o := saga.StepOptions{
		Timeout: s.Action.Timeout(), TotalTimeout: s.Action.TotalTimeout(), Retry: s.Action.Retry(),
		CompensateOnFailure: s.CompensateOnFailure,
	}
	if s.Compensation != nil {
		o.Compensation = saga.AttemptOptions{
			Timeout: s.Compensation.Timeout(), TotalTimeout: s.Compensation.TotalTimeout(), Retry: s.Compensation.Retry(),
		}
	}
	return o
}
