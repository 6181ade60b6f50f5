package projectorcli

import (
	"context"
	"database/sql"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"
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
			format, err := a.format(formatTable, formatJSON, formatJSONL)
			if err != nil {
				return err
			}
			if limit < 1 || limit > maxLimit {
				return usage("see projector parked list --help", "--limit is %d, it must be between 1 and %d", limit, maxLimit)
			}
			ctx := cmd.Context()
			return a.readModel(ctx, func(m *readModel) error { return a.listParked(ctx, m, limit, format) })
		},
	}
	cmd.Flags().IntVar(&limit, "limit", 100, "how many at most, up to 10000")
	return cmd
}

// parkedRow is one step that waits for a person.
type parkedRow struct {
	Name      string    `json:"name"`
	ID        string    `json:"id"`
	Revision  int64     `json:"revision"`
	Step      string    `json:"step"`
	Direction string    `json:"direction"`
	Reason    string    `json:"reason"`
	Attempts  int       `json:"attempts"`
	Since     time.Time `json:"since"`
	Error     string    `json:"error,omitempty"`
	Remedy    string    `json:"remedy"`
}

func (m *readModel) parkedRows(ctx context.Context, limit int) ([]parkedRow, error) {
	all := []parkedRow{}
	err := m.each(ctx, `SELECT saga_name, saga_id, revision, step, direction, reason, attempts, parked_at, error, remedy
		FROM saga_parked ORDER BY parked_at, saga_name, saga_id, step, direction LIMIT ?`, []any{limit},
		func(rows *sql.Rows) error {
			var r parkedRow
			var since int64
			var failure sql.NullString
			err := rows.Scan(&r.Name, &r.ID, &r.Revision, &r.Step, &r.Direction, &r.Reason, &r.Attempts, &since, &failure, &r.Remedy)
			r.Since, r.Error = time.UnixMilli(since).UTC(), failure.String
			all = append(all, r)
			return err
		})
	return all, err
}

func (a *app) listParked(ctx context.Context, m *readModel, limit int, format string) error {
	rows, err := m.parkedRows(ctx, limit+1)
	if err != nil {
		return err
	}
	more := len(rows) > limit
	if more {
		rows = rows[:limit]
	}
	switch format {
	case formatJSON:
		return a.printJSON(struct {
			AsOf   asOfView    `json:"as_of"`
			Parked []parkedRow `json:"parked"`
			More   bool        `json:"more"`
		}{m.asOf(), rows, more})
	case formatJSONL:
		for _, row := range rows {
			if err := a.printJSONL(row); err != nil {
				return err
			}
		}
	default:
		g := grid{
			header: table.Row{"name", "id", "revision", "step", "direction", "reason", "attempts", "since", "error", "remedy"},
			right:  []string{"revision", "attempts"},
		}
		for _, r := range rows {
			g.add(r.Name, r.ID, r.Revision, r.Step, r.Direction, r.Reason, r.Attempts, r.Since, orDash(firstLine(r.Error)), r.Remedy)
		}
		if err := a.printTable(g); err != nil {
			return err
		}
	}
	a.noteAsOf(m.asOf())
	if more {
		a.note("there are more; --limit shows them")
	}
	return nil
}
