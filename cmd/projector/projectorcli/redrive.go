package projectorcli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

func (a *app) sagasRedriveCommand() *cobra.Command {
	o := operatorOptions{}
	cmd := &cobra.Command{
		Use:   "redrive ID",
		Short: "Let a parked saga go on, with a fresh budget of attempts for its parked step",
		Long: `Let a parked saga go on. The parked step gets a fresh budget of attempts, and its attempt numbers go on. What you do
is recorded in the saga's history, with the actor and the reason. --revision is the revision of the saga that you had
before you, as projector sagas show prints it: if the saga has changed since, nothing is done and the code is 4.
On a terminal the revision may be left out: the saga is shown and you are asked. An orchestrator that runs on the
data directory, in this or another process, goes on with the saga within a second.`,
		Example: "  projector sagas redrive ORD-000001 --revision 31 --reason 'the card terminal is back'",
		Args:    oneArg("ID of a saga"),
		RunE: func(cmd *cobra.Command, args []string) error {
			format, err := a.format(formatTable, formatJSON)
			if err != nil {
				return err
			}
			if err := o.check("redrive"); err != nil {
				return err
			}
			if o.revision < 0 && !a.interactive() {
				return usage("take it from: projector sagas show ID", "redrive needs the --revision that you have seen")
			}
			ctx := cmd.Context()
			return a.withSaga(ctx, args[0], a.openLogToAppend, func(store logStore, ref saga.Ref) error {
				return a.redrive(ctx, store, ref, o, format)
			})
		},
	}
	o.flags(cmd)
	return cmd
}

func (a *app) redrive(ctx context.Context, store eventstore.Store, ref saga.Ref, o operatorOptions, format string) error {
	if o.revision < 0 {
		seen, err := a.confirmRedrive(ctx, store, ref)
		if err != nil {
			return err
		}
		o.revision = seen
	}
	orchestrator, err := saga.New(saga.Config{Store: store})
	if err != nil {
		return err
	}
	if err := orchestrator.Redrive(ctx, ref.Name, ref.ID, o.actor, o.reason, o.revision); err != nil {
		return err
	}
	if format == formatJSON {
		return a.printJSON(map[string]any{"name": ref.Name, "id": ref.ID, "redriven": true, "seen_revision": o.revision})
	}
	_, err = fmt.Fprintf(a.stdout, "%s redriven; an orchestrator that runs on this data directory goes on with it\n",
		safe(ref.String()))
	return err
}

// confirmRedrive shows why the saga is parked and returns the revision that the operator has agreed to.
func (a *app) confirmRedrive(ctx context.Context, store eventstore.Store, ref saga.Ref) (int64, error) {
	s, err := tell(ctx, store, ref)
	if err != nil {
		return 0, err
	}
	if s.Parked == nil {
		return 0, fmt.Errorf("redrive %s, which is %s: %w", ref, s.condition(), saga.ErrNotParked)
	}
	a.note("%s is %s at revision %d: %s\n%s",
		safe(ref.String()), s.condition(), s.Revision, safe(s.Waits.Because), safe(s.Parked.Remedy))
	return s.Revision, a.confirm("redrive it?", "not redriven")
}
