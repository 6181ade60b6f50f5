package projectorcli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/skaldgo/skald/saga"
)

func (a *app) sagasCancelCommand() *cobra.Command {
	op := &operation{verb: "cancel", told: toldOfCancellation}
	op.do = func(ctx context.Context, o *saga.Orchestrator, ref saga.Ref) error {
		return o.Cancel(ctx, ref.Name, ref.ID, op.actor, op.reason, op.revision)
	}
	return a.operatorCommand(op, &cobra.Command{
		Use:   "cancel ID",
		Short: "Have a saga undone: everything that may have happened is compensated",
		Long: `Have a saga undone. Everything that may have happened is compensated, in the reverse order of its start: at once, or
when the attempt that runs has ended. While it is unknown whether the pivot has happened, the saga waits for that; once the
pivot has succeeded, or the first retriable step has started, it is too late, and the code is 4. What you do is recorded in
the saga's history, with the actor and the reason. A parked saga is compensated as well, and a paused one goes on for it.
--revision is the revision of the saga that you had before you: if the saga has changed since, nothing is done and the
code is 4. Without it the saga is cancelled whatever it has come to.`,
		Example: "  projector sagas cancel ORD-000001 --reason 'the customer has called it off'",
	})
}

func toldOfCancellation(ctx context.Context, o *saga.Orchestrator, ref saga.Ref) (string, map[string]any, error) {
	now, err := o.Load(ctx, ref.Name, ref.ID)
	if err != nil {
		return "", nil, err
	}
	return "cancelled; " + afterCancellation(now), map[string]any{"cancelled": true, "state": now.State()}, nil
}

// afterCancellation tells what a saga that was cancelled waits for.
func afterCancellation(now *saga.Instance) string {
	_, parked := now.Parked()
	children := now.Children()
	switch {
	case now.State() == saga.StateFailed:
		return "there was nothing to compensate"
	case now.State() == saga.StateCompensating:
		return "an orchestrator that runs on this log compensates it"
	case parked:
		return "it stays parked, because what is unknown there decides whether it can be compensated: redrive, resolve or skip it"
	case len(children) > 0:
		return "it is compensated as soon as " + safe(children[0].String()) + " has ended, which an orchestrator cancels as well"
	}
	return "it is compensated as soon as the attempt that runs has ended, unless the pivot succeeds"
}
