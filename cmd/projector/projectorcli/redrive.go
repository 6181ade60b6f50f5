package projectorcli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/skaldgo/skald/saga"
)

func (a *app) sagasRedriveCommand() *cobra.Command {
	op := &operation{verb: "redrive", mustSee: true, parkedOnly: true}
	op.do = func(ctx context.Context, o *saga.Orchestrator, ref saga.Ref) error {
		return o.Redrive(ctx, ref.Name, ref.ID, op.actor, op.reason, op.revision)
	}
	op.told = func(context.Context, *saga.Orchestrator, saga.Ref) (string, map[string]any, error) {
		return "redriven; an orchestrator that runs on this data directory goes on with it",
			map[string]any{"redriven": true, "seen_revision": op.revision}, nil
	}
	return a.operatorCommand(op, &cobra.Command{
		Use:   "redrive ID",
		Short: "Let a parked saga go on, with a fresh budget of attempts for its parked step",
		Long: `Let a parked saga go on. The parked step gets a fresh budget of attempts, and its attempt numbers go on. What you do
is recorded in the saga's history, with the actor and the reason. --revision is the revision of the saga that you had
before you, as projector sagas show prints it: if the saga has changed since, nothing is done and the code is 4.
On a terminal the revision may be left out: the saga is shown and you are asked. An orchestrator that runs on the
data directory, in this or another process, goes on with the saga within a second.`,
		Example: "  projector sagas redrive ORD-000001 --revision 31 --reason 'the card terminal is back'",
	})
}
