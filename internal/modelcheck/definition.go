package modelcheck

import (
	"context"

	"github.com/skaldgo/skald/saga"
)

type nothing struct{}

// The names of what the definitions have.
const (
	sagaName  = "Model"
	childName = "Child"
	groupName = "group"
	signal    = "go"
)

// The functions of the definitions never run: the model has participants of its own.
func do(context.Context, saga.Call[nothing]) (string, error)                 { return "", nil }
func undo(context.Context, saga.Call[nothing], *string) error                { return nil }
func ask(context.Context, saga.Call[nothing]) (string, bool, error)          { return "", false, nil }
func tearDown(context.Context, saga.Call[nothing], *saga.ChildResults) error { return nil }

// definition returns a version of the shape as a user would write it.
func (s *Shape) definition(name string, version int) saga.Definition[nothing] {
	def := saga.Definition[nothing]{Name: name, Version: version}
	if s.Deadline {
		def.Deadline = patient
	}
	var branches []saga.Step[nothing]
	for i := range s.Steps {
		if !s.has(i) {
			continue
		}
		if s.Group == "" || s.Group[i] != 'g' {
			def.Steps = append(def.Steps, s.step(i))
			continue
		}
		if branches = append(branches, s.step(i)); i+1 < len(s.Steps) && s.Group[i+1] == 'g' {
			continue
		}
		group := saga.Parallel(groupName, branches...)
		if s.Limit > 0 {
			group = group.Limit(s.Limit)
		}
		def.Steps = append(def.Steps, group)
	}
	return def
}

func (s *Shape) step(i int) saga.Step[nothing] {
	name, kind := stepName(i), s.Steps[i]
	o := saga.StepOptions{Timeout: timeout, Retry: retry(s.Attempts), CompensateOnFailure: kind == 'F'}
	if s.undoable(i) {
		o.Compensation = saga.AttemptOptions{Timeout: timeout, Retry: retry(s.Undos)}
	}
	if s.Total {
		o.TotalTimeout = total
	}
	var step saga.Step[nothing]
	switch kind {
	case 'O':
		step = saga.ReadOnly(name, do, o)
	case 'P':
		step = saga.Pivot(name, do, o)
	case 'R':
		step = saga.Retriable(name, do, o)
	case 'W', 'L', 'D':
		return await(name, kind)
	case 'K', 'N':
		return child(name, kind, o)
	default:
		step = saga.Compensable(name, do, undo, o)
	}
	if s.probed(i) {
		step = saga.WithProbe(step, ask)
	}
	return step
}

func await(name string, kind byte) saga.Step[nothing] {
	o := saga.AwaitOptions[string]{Signal: signal}
	if kind != 'W' {
		o.Timeout = patient
	}
	if fallback := "nobody"; kind == 'D' {
		o.Default = &fallback
	}
	return saga.Await[nothing](name, o)
}

func child(name string, kind byte, o saga.StepOptions) saga.Step[nothing] {
	options := saga.ChildOptions[nothing]{
		Attempts: saga.AttemptOptions{Timeout: o.Timeout, Retry: o.Retry}, Compensation: o.Compensation,
	}
	if kind == 'K' {
		options.Undo = tearDown
	} else {
		options.NothingToUndo = true
	}
	return saga.Child(name, childName, do, options)
}

func retry(attempts int) saga.RetryPolicy {
	return saga.RetryPolicy{
		InitialInterval: delay, MaximumInterval: delay, BackoffCoefficient: 1, MaximumAttempts: max(attempts, 1),
	}
}
