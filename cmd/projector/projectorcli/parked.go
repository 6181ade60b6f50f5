package projectorcli

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/skaldgo/skald/projection/sagaview"
)

func (a *app) parkedCommand() *cobra.Command {
	parked := group("parked", "List what waits for a person", "  projector parked list")
	parked.AddCommand(a.parkedListCommand())
	return parked
}

func (a *app) parkedListCommand() *cobra.Command {
	limit := 0
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List what waits for a person: saga, step, reason, since when, and what to do",
		Long: `List what waits for a person, the oldest first: sagas that automation has given up on, and steps that were found to
have happened after their saga had ended. The list comes from the read model and tells the position that it is as of.`,
		Example: "  projector parked list\n  projector parked list -o json",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			format, err := a.listFormat()
			if err != nil {
				return err
			}
			if err := checkLimit(limit, "see projector parked list --help"); err != nil {
				return err
			}
			ctx := cmd.Context()
			return a.readModel(ctx, func(db *sql.DB) error { return a.listParked(ctx, db, limit, format) })
		},
	}
	cmd.Flags().IntVar(&limit, "limit", 100, fmt.Sprintf("how many at most, up to %d", sagaview.MaxLimit))
	return cmd
}

func (a *app) listParked(ctx context.Context, db *sql.DB, limit int, format string) error {
	page, err := sagaview.ListParked(ctx, db, limit)
	if err != nil {
		return err
	}
	return a.printParked(page, format)
}

func (a *app) printParked(page sagaview.ParkedPage, format string) error {
	switch format {
	case formatJSON:
		return a.printJSON(struct {
			AsOf asOfView `json:"as_of"`
			sagaview.ParkedPage
		}{asOf(page.AsOf), page})
	case formatJSONL, formatCSV:
		if err := printRows(a, page.Parked, format); err != nil {
			return err
		}
	default:
		g := grid{
			header: table.Row{"name", "id", "revision", "step", "direction", "reason", "attempts", "since", "error", "remedy"},
			right:  []string{"revision", "attempts"},
			wide:   format == formatWide,
		}
		for _, r := range page.Parked {
			g.add(r.Name, r.ID, r.Revision, r.Step, r.Direction, string(r.Reason), r.Attempts, r.ParkedAt, g.long(r.Error), r.Remedy)
		}
		if err := a.printTable(g); err != nil {
			return err
		}
	}
	a.noteAsOf(asOf(page.AsOf))
	if page.More {
		a.note("there are more; --limit shows them")
	}
	return nil
}
