package projectorcli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/skaldgo/skald/saga"
)

func (a *app) sagasPauseCommand() *cobra.Command {
	op := &operation{verb: "pause"}
	op.do = func(ctx context.Context, o *saga.Orchestrator, ref saga.Ref) error {
		return o.Pause(ctx, ref.Name, ref.ID, op.actor, op.reason, op.revision)
	}
	op.told = func(context.Context, *saga.Orchestrator, saga.Ref) (string, map[string]any, error) {
		return "paused; an attempt that runs comes to its end, and nothing begins until it is resumed",
			map[string]any{"paused": true}, nil
	}
	return a.operatorCommand(op, &cobra.Command{
		Use:   "pause ID",
		Short: "Have a saga stand still until it is resumed",
		Long: `Have a saga stand still: nothing of it begins until it is resumed. An attempt that runs comes to its end, which is
recorded; what follows from it is decided when the saga is resumed. Deadlines and the times of retries stay as they are.
What you do is recorded in the saga's history, with the actor and the reason. A paused saga is never stuck. It can be
cancelled, which ends the pause, and terminated. A parked saga that is paused takes a resume and a redrive.
--revision is the revision of the saga that you had before you: if the saga has changed since, nothing is done and the
code is 4. Without it the saga is paused whatever it has come to.`,
		Example: "  projector sagas pause ORD-000001 --reason 'the bank is closed until Monday'",
	})
}

func (a *app) sagasResumeCommand() *cobra.Command {
	op := &operation{verb: "resume"}
	op.do = func(ctx context.Context, o *saga.Orchestrator, ref saga.Ref) error {
		return o.Resume(ctx, ref.Name, ref.ID, op.actor, op.reason, op.revision)
	}
	op.told = func(ctx context.Context, o *saga.Orchestrator, ref saga.Ref) (string, map[string]any, error) {
		now, err := o.Load(ctx, ref.Name, ref.ID)
		if err != nil {
			return "", nil, err
		}
		what := "an orchestrator that runs on this log goes on with it"
		_, parked := now.Parked()
		if parked {
			what = "it is parked all the same, and waits for a redrive"
		}
		return "resumed; " + what, map[string]any{"resumed": true, "parked": parked}, nil
	}
	return a.operatorCommand(op, &cobra.Command{
		Use:   "resume ID",
		Short: "Let a paused saga go on",
		Long: `Let a paused saga go on from where it stands. What you do is recorded in the saga's history, with the actor and the
reason. An orchestrator that runs on the log, in this or another process, goes on with the saga within a second. A saga that
is not paused is left alone, and the code is 4.
--revision is the revision of the saga that you had before you: if the saga has changed since, nothing is done and the
code is 4.`,
		Example: "  projector sagas resume ORD-000001 --reason 'the bank is open'",
	})
}
