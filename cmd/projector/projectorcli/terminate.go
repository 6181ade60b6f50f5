package projectorcli

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

func (a *app) sagasTerminateCommand() *cobra.Command {
	op, yes := &operation{verb: "terminate", told: toldOfTermination}, false
	op.check = func() error {
		if !yes && !a.interactive() {
			return usage("give --yes if you mean it", "terminate leaves undone what the saga has done, and nobody can be asked here")
		}
		return nil
	}
	op.ask = func(_ context.Context, _ eventstore.Store, ref saga.Ref) error {
		if yes {
			return nil
		}
		return a.confirm("end "+safe(ref.String())+" without compensation?", "not terminated")
	}
	op.do = func(ctx context.Context, o *saga.Orchestrator, ref saga.Ref) error {
		return o.Terminate(ctx, ref.Name, ref.ID, op.actor, op.reason, op.revision)
	}
	cmd := a.operatorCommand(op, &cobra.Command{
		Use:   "terminate ID",
		Short: "End a saga as it stands, without compensation",
		Long: `End a saga as it stands. Nothing is compensated and nothing is retried: whatever its steps have done stays, and is for
people to see to. The event that ends it names those steps, and so does this command. What you do is recorded in the saga's
history, with the actor and the reason. On a terminal you are asked; elsewhere --yes has to be given.
--revision is the revision of the saga that you had before you: if the saga has changed since, nothing is done and the
code is 4. To have a saga undone, use projector sagas cancel.`,
		Example: "  projector sagas terminate ORD-000001 --reason 'settled by hand, see ticket 17' --yes",
	})
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}

func toldOfTermination(ctx context.Context, o *saga.Orchestrator, ref saga.Ref) (string, map[string]any, error) {
	end, err := o.Wait(ctx, ref.Name, ref.ID)
	if err != nil {
		return "", nil, err
	}
	undone := []string{}
	if t, is := errors.AsType[*saga.TerminatedError](end.Err); is {
		undone = t.Undone
	}
	stays := "no step of it had an effect"
	if len(undone) > 0 {
		stays = "NOT UNDONE, and for you to see to: " + safe(strings.Join(undone, ", "))
	}
	return "terminated; " + stays, map[string]any{"terminated": true, "undone": undone}, nil
}
