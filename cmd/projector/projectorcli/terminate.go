package projectorcli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

func (a *app) sagasTerminateCommand() *cobra.Command {
	o, yes := operatorOptions{}, false
	cmd := &cobra.Command{
		Use:   "terminate ID",
		Short: "End a saga as it stands, without compensation",
		Long: `End a saga as it stands. Nothing is compensated and nothing is retried: whatever its steps have done stays, and is for
people to see to. The event that ends it names those steps, and so does this command. What you do is recorded in the saga's
history, with the actor and the reason. On a terminal you are asked; elsewhere --yes has to be given.
--revision is the revision of the saga that you had before you: if the saga has changed since, nothing is done and the
code is 4. To have a saga undone, use projector sagas cancel.`,
		Example: "  projector sagas terminate ORD-000001 --reason 'settled by hand, see ticket 17' --yes",
		Args:    oneArg("ID of a saga"),
		RunE: func(cmd *cobra.Command, args []string) error {
			format, err := a.format(formatTable, formatJSON)
			if err != nil {
				return err
			}
			if err := o.check("terminate"); err != nil {
				return err
			}
			if !yes && !a.interactive() {
				return usage("give --yes if you mean it", "terminate leaves undone what the saga has done, and nobody can be asked here")
			}
			ctx := cmd.Context()
			return a.withSaga(ctx, args[0], a.openLogToAppend, func(store logStore, ref saga.Ref) error {
				if !yes {
					if err := a.confirm("end "+safe(ref.String())+" without compensation?", "not terminated"); err != nil {
						return err
					}
				}
				return a.terminate(ctx, store, ref, o, format)
			})
		},
	}
	o.flags(cmd)
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}

func (a *app) terminate(ctx context.Context, store eventstore.Store, ref saga.Ref, o operatorOptions, format string) error {
	orchestrator, err := saga.New(saga.Config{Store: store})
	if err != nil {
		return err
	}
	if err := orchestrator.Terminate(ctx, ref.Name, ref.ID, o.actor, o.reason, o.revision); err != nil {
		return err
	}
	end, err := orchestrator.Wait(ctx, ref.Name, ref.ID)
	if err != nil {
		return err
	}
	undone := []string{}
	if t, is := errors.AsType[*saga.TerminatedError](end.Err); is {
		undone = t.Undone
	}
	if format == formatJSON {
		return a.printJSON(map[string]any{"name": ref.Name, "id": ref.ID, "terminated": true, "undone": undone})
	}
	stays := "no step of it had an effect"
	if len(undone) > 0 {
		stays = "NOT UNDONE, and for you to see to: " + safe(strings.Join(undone, ", "))
	}
	_, err = fmt.Fprintf(a.stdout, "%s terminated; %s\n", safe(ref.String()), stays)
	return err
}
