package sagatest

import (
	"context"
	"errors"
	"slices"

	"github.com/skaldgo/skald/saga"
)

// others is a saga that has others do what it does: two side by side, of which another saga takes one back and a function
// the other, and one that stays. One of them starts one of its own.
func others() Case[goods] {
	d := desk{NewLedger()}
	twice := saga.StepOptions{Retry: saga.RetryPolicy{MaximumAttempts: 2}}
	attempts := saga.AttemptOptions{Retry: twice.Retry}
	data := func(_ context.Context, call saga.Call[goods]) (goods, error) { return call.Data, nil }
	undoData := func(_ context.Context, call saga.Call[goods]) (any, error) { return call.Data, nil }
	revoke := func(_ context.Context, call saga.Call[goods], _ *saga.ChildResults) error {
		if err := Undo(d.Ledger, call); !errors.Is(err, saga.ErrNothingToCompensate) { // the books are those of the policy
			return err
		}
		return nil
	}
	child := func(name string, steps ...saga.Step[goods]) ChildDefinition {
		return ChildOf(saga.Definition[goods]{Name: name, Version: 1, Steps: steps})
	}
	c := d.of("Errand",
		saga.Parallel("send",
			saga.Child("parcel", "Parcel", data, saga.ChildOptions[goods]{
				UndoSaga: "Ticket", UndoData: undoData, Attempts: attempts, Compensation: attempts,
			}),
			saga.Child("policy", "Policy", data, saga.ChildOptions[goods]{Undo: revoke, Attempts: attempts, Compensation: attempts})),
		d.compensable("bill", twice),
		saga.Child("note", "Policy", data, saga.ChildOptions[goods]{NothingToUndo: true, Attempts: attempts}),
	)
	c.Skippable = []string{"cover", "note", "ship"}
	c.Next = c.Definition
	c.Next.Version = 2
	c.Next.Steps = append(slices.Clone(c.Definition.Steps), d.compensable("file", twice))
	c.Children = []ChildDefinition{
		child("Parcel", d.compensable("pack", twice),
			saga.Child("cover", "Policy", data, saga.ChildOptions[goods]{NothingToUndo: true, Attempts: attempts}),
			d.compensable("ship", twice)),
		child("Policy", d.compensable("sign", twice)),
		child("Ticket", saga.Retriable("collect", d.do, twice)),
	}
	return c
}
