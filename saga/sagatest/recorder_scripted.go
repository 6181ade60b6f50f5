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
//
// The branches of a group are steps as others. A step that starts another saga keeps its functions unless it is named: then
// its action succeeds with the data that the other saga is started with, and its compensation, where a saga does that, with
// the data of that one.
func Scripted[D any](definition saga.Definition[D], r *Recorder, steps ...string) saga.Definition[D] {
	return replaced(definition, r.play, func(s *saga.PlannedStep) bool {
		return slices.Contains(steps, s.Name) || len(steps) == 0 && s.Child == nil
	})
}

// respond stands for a function of a definition. For a probe that finds nothing it gives saga.ErrNothingToCompensate.
type respond func(context.Context, RecordedCall) (json.RawMessage, error)

// replaced returns the definition with something else in the place of the functions of those steps that are chosen.
func replaced[D any](definition saga.Definition[D], by respond, chosen func(*saga.PlannedStep) bool) saga.Definition[D] {
	plan := definition.Plan()
	steps, groups := plan.Steps, plan.Groups
	next := func(step saga.Step[D]) saga.Step[D] {
		planned := &steps[0]
		if steps = steps[1:]; !chosen(planned) {
			return step
		}
		return standIn(step, planned, by)
	}
	definition.Steps = slices.Clone(definition.Steps)
	for i, step := range definition.Steps {
		branches := step.Branches()
		if branches == nil {
			definition.Steps[i] = next(step)
			continue
		}
		for j, branch := range branches {
			branches[j] = next(branch)
		}
		definition.Steps[i] = saga.Parallel(groups[0].Name, branches...).Limit(groups[0].Limit)
		groups = groups[1:]
	}
	return definition
}

// standIn returns a step with the same plan and something else in the place of its functions.
func standIn[D any](step saga.Step[D], planned *saga.PlannedStep, by respond) saga.Step[D] {
	do := func(ctx context.Context, call saga.Call[D]) (json.RawMessage, error) {
		return by(ctx, recordedCall(call, saga.Action, nil))
	}
	undo := func(ctx context.Context, call saga.Call[D], result *json.RawMessage) error {
		_, err := by(ctx, recordedCall(call, saga.Compensation, result))
		return err
	}
	name, options := planned.Name, optionsOf(planned)
	switch planned.Kind {
	case saga.KindCompensable:
		step = saga.Compensable(name, do, undo, options)
	case saga.KindReadOnly:
		step = saga.ReadOnly(name, do, options)
	case saga.KindPivot:
		step = saga.Pivot(name, do, options)
	case saga.KindRetriable:
		step = saga.Retriable(name, do, options)
	case saga.KindChild:
		step = saga.Child(name, planned.Child.Saga, do, childOptions[D](planned, by))
	case saga.KindAwait: // has no function
	}
	if planned.Probe {
		step = saga.WithProbe(step, func(ctx context.Context, call saga.Call[D]) (json.RawMessage, bool, error) {
			asked := recordedCall(call, saga.Action, nil)
			asked.Probe = true
			result, err := by(ctx, asked)
			if errors.Is(err, saga.ErrNothingToCompensate) {
				return nil, false, nil
			}
			return result, err == nil, err
		})
	}
	return step
}

// childOptions returns options that lead to the same planned step, which starts another saga.
func childOptions[D any](planned *saga.PlannedStep, by respond) saga.ChildOptions[D] {
	o := optionsOf(planned)
	options := saga.ChildOptions[D]{
		Attempts:     saga.AttemptOptions{Timeout: o.Timeout, TotalTimeout: o.TotalTimeout, Retry: o.Retry},
		Compensation: o.Compensation,
	}
	switch {
	case planned.Compensation == nil:
		options.NothingToUndo = true
	case planned.Child.UndoSaga != "":
		options.UndoSaga = planned.Child.UndoSaga
		options.UndoData = func(ctx context.Context, call saga.Call[D]) (any, error) {
			return by(ctx, recordedCall(call, saga.Compensation, nil))
		}
	default:
		options.Undo = func(ctx context.Context, call saga.Call[D], results *saga.ChildResults) error {
			var known *json.RawMessage
			if results != nil {
				encoded, err := json.Marshal(results)
				if err != nil {
					return err
				}
				known = (*json.RawMessage)(&encoded)
			}
			_, err := by(ctx, recordedCall(call, saga.Compensation, known))
			return err
		}
	}
	return options
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
