package projectorcli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

func (a *app) sagasCancelCommand() *cobra.Command {
	o := operatorOptions{}
	cmd := &cobra.Command{
		Use:   "cancel ID",
		Short: "Have a saga undone: everything that may have happened is compensated",
		Long: `Have a saga undone. Everything that may have happened is compensated, in the reverse order of its start: at once, or
when the attempt that runs has ended. While it is unknown whether the pivot has happened, the saga waits for that; once the
pivot has succeeded, or the first retriable step has started, it is too late, and the code is 4. What you do is recorded in
the saga's history, with the actor and the reason. A parked saga is compensated as well.
--revision is the revision of the saga that you had before you: if the saga has changed since, nothing is done and the
code is 4. Without it the saga is cancelled whatever it has come to.`,
		Example: "  projector sagas cancel ORD-000001 --reason 'the customer has called it off'",
		Args:    oneArg("ID of a saga"),
		RunE: func(cmd *cobra.Command, args []string) error {
			format, err := a.format(formatTable, formatJSON)
			if err != nil {
				return err
			}
			if err := o.check("cancel"); err != nil {
				return err
			}
			ctx := cmd.Context()
			return a.withSaga(ctx, args[0], a.openLogToAppend, func(store logStore, ref saga.Ref) error {
				return a.cancel(ctx, store, ref, o, format)
			})
		},
	}
	o.flags(cmd)
	return cmd
}

func (a *app) cancel(ctx context.Context, store eventstore.Store, ref saga.Ref, o operatorOptions, format string) error {
	orchestrator, err := saga.New(saga.Config{Store: store})
	if err != nil {
		return err
	}
	if err := orchestrator.Cancel(ctx, ref.Name, ref.ID, o.actor, o.reason, o.revision); err != nil {
		return err
	}
	now, err := orchestrator.Load(ctx, ref.Name, ref.ID)
	if err != nil {
		return err
	}
	if format == formatJSON {
		return a.printJSON(map[string]any{"name": ref.Name, "id": ref.ID, "cancelled": true, "state": now.State()})
	}
	what := "it is compensated as soon as the attempt that runs has ended, unless the pivot succeeds"
	switch now.State() {
	case saga.StateFailed:
		what = "there was nothing to compensate"
	case saga.StateCompensating:
		what = "an orchestrator that runs on this log compensates it"
	case saga.StateNone, saga.StateStarted, saga.StatePending, saga.StateCompleted, saga.StateTerminated:
	}
	_, err = fmt.Fprintf(a.stdout, "%s cancelled; %s\n", safe(ref.String()), what)
	return err
}
