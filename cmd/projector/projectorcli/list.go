package projectorcli

import (
	"context"
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"
)

func (a *app) sagasListCommand() *cobra.Command {
	q := listQuery{}
	cursor := ""
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List sagas, the one started last first",
		Long: `List sagas from the read model, the one started last first. Nothing is written, and a projector that runs meanwhile is not
disturbed. The position that the list is as of is told with it. A status is a state (started, pending, compensating,
completed, failed) or a condition (open, parked, stuck); several mean any of them. --parked, --stuck and --name narrow
the list further.`,
		Example: `  projector sagas list
  projector sagas list --status failed,compensating --limit 20
  projector sagas list --stuck -o json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			format, err := a.format(formatTable, formatJSON, formatJSONL)
			if err != nil {
				return err
			}
			if err := q.check(cursor); err != nil {
				return err
			}
			ctx := cmd.Context()
			return a.readModel(ctx, func(m *readModel) error { return a.list(ctx, m, q, format) })
		},
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&q.status, "status", nil, "only these states and conditions; may be repeated")
	flags.StringVar(&q.name, "name", "", "only sagas of this definition")
	flags.BoolVar(&q.parked, "parked", false, "only those that wait for a person")
	flags.BoolVar(&q.stuck, "stuck", false, "only those with which nothing happened by the time something was due")
	flags.IntVar(&q.limit, "limit", 50, "how many at most, up to 10000")
	flags.StringVar(&cursor, "cursor", "", "go on after the list that ended with this cursor")
	return cmd
}

func (a *app) list(ctx context.Context, m *readModel, q listQuery, format string) error {
	rows, next, err := m.list(ctx, q)
	if err != nil {
		return err
	}
	switch format {
	case formatJSON:
		return a.printJSON(struct {
			AsOf  asOfView   `json:"as_of"`
			Sagas []sagaView `json:"sagas"`
			Next  string     `json:"next_cursor,omitempty"`
		}{m.asOf(), rows, next})
	case formatJSONL:
		for _, row := range rows {
			if err := a.printJSONL(row); err != nil {
				return err
			}
		}
	default:
		if err := a.printTable(listGrid(rows)); err != nil {
			return err
		}
	}
	a.noteAsOf(m.asOf())
	if next != "" {
		a.note("there are more, go on with: --cursor %s", next)
	}
	return nil
}

func listGrid(rows []sagaView) grid {
	g := grid{header: table.Row{"name", "id", "state", "steps", "started", "updated", "waits for", "due", "last error"}}
	for _, r := range rows {
		steps := fmt.Sprintf("%d/%d", r.StepsDone, r.StepsTotal)
		if r.StepsCompensated > 0 {
			steps += fmt.Sprintf(" -%d", r.StepsCompensated)
		}
		due := "-"
		if r.NextDue != nil {
			due = instant(*r.NextDue)
		}
		failure := r.LastError
		if failure == "" {
			failure = r.Reason
		}
		g.add(r.Name, r.ID, r.condition(), steps, r.StartedAt, r.UpdatedAt, orDash(r.WaitsFor), due,
			orDash(firstLine(failure)))
	}
	return g
}

func (r sagaView) condition() string {
	state := r.State
	if r.Parked {
		state += ", parked"
	}
	if r.Stuck {
		state += ", stuck"
	}
	return state
}
