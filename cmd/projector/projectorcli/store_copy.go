package projectorcli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/logcopy"
)

func (a *app) storeCopyCommand() *cobra.Command {
	var from, to string
	cmd := &cobra.Command{
		Use:   "copy --from URL --to URL",
		Short: "Copy a log to another store, or go on with a copy",
		Long: `Copy a log to another store of any kind: the same events in the same order, with their ids and hash chains, byte for byte.
What the target has already is compared first, so a copy that was interrupted is gone on with by the same command, and a
target that holds anything else is left as it is. At the end both are compared once more. Nobody may append to either log
meanwhile. Read models are rebuilt for the copy, which is a log with an id of its own.`,
		Example: "  projector store copy --from sqlite:skald-data/events.db --to 'postgres://app@db/orders?schema=skald'",
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.copy(cmd.Context(), from, to) },
	}
	cmd.Flags().StringVar(&from, "from", "", "the log to copy, by URL")
	cmd.Flags().StringVar(&to, "to", "", "where to copy it, by URL")
	return cmd
}

func (a *app) copy(ctx context.Context, from, to string) (err error) {
	if from == "" || to == "" {
		return usage("name both by URL", "--from and --to are both needed")
	}
	source, _, err := a.parseStore("--from", from)
	if err != nil {
		return err
	}
	target, _, err := a.parseStore("--to", to)
	if err != nil {
		return err
	}
	if err := mustExist("--from", source); err != nil {
		return err
	}
	read, err := a.open(ctx, source.ReadOnly())
	if err != nil {
		return fmt.Errorf("--from: %w", err)
	}
	defer func() { err = errors.Join(err, read.Close()) }()
	write, err := a.open(ctx, target)
	if err != nil {
		return fmt.Errorf("--to: %w", err)
	}
	defer func() { err = errors.Join(err, write.Close()) }()
	var told func(int64)
	if progress := a.progress(); progress != nil {
		told = func(n int64) { progress(eventstore.Position{}, int(n)) }
	}
	report, err := logcopy.Copy(ctx, logcopy.Config{From: read, To: write, Progress: told})
	if err != nil {
		return err
	}
	checked, err := logcopy.Compare(ctx, logcopy.Config{From: read, To: write, Progress: told})
	if err != nil {
		return err
	}
	if checked.Behind > 0 {
		return fail(ExitPartial, "run the command again to copy them", "%d events came to the source meanwhile", checked.Behind)
	}
	_, err = fmt.Fprintf(a.stdout, "%d events copied, %d were there already; both logs hold the same %d events\n",
		report.Copied, report.Found, checked.Found)
	return err
}
