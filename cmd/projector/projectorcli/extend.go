package projectorcli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/skaldgo/skald/saga"
)

func (a *app) sagasExtendCommand() *cobra.Command {
	op, until := &operation{verb: "extend"}, ""
	var deadline time.Time
	op.check = func() (err error) {
		if deadline, err = time.Parse(time.RFC3339, until); err != nil {
			return usage("give it as 2026-01-02T15:04:05Z", "extend needs --until, an instant; it is %q", until)
		}
		return nil
	}
	op.do = func(ctx context.Context, o *saga.Orchestrator, ref saga.Ref) error {
		return o.Extend(ctx, ref.Name, ref.ID, op.actor, op.reason, op.revision, deadline)
	}
	op.told = func(context.Context, *saga.Orchestrator, saga.Ref) (string, map[string]any, error) {
		return "has the deadline " + instant(deadline) + " now", map[string]any{"deadline": deadline.UTC()}, nil
	}
	cmd := a.operatorCommand(op, &cobra.Command{
		Use:   "extend ID",
		Short: "Give a saga as a whole another deadline",
		Long: `Give a saga as a whole another deadline, in the future, also when it had none. A deadline that has passed has not any more,
if the saga has not turned round for it; once it has turned round it is too late, and the code is 4. The limits of its steps
stay as they are. What you do is recorded in the saga's history, with the actor and the reason.
--revision is the revision of the saga that you had before you: if the saga has changed since, nothing is done and the
code is 4.`,
		Example: "  projector sagas extend ORD-000001 --until 2026-12-01T12:00:00Z --reason 'the supplier needs another week'",
	})
	cmd.Flags().StringVar(&until, "until", "", "the new deadline, as 2026-01-02T15:04:05Z (required)")
	return cmd
}
