package projectorcli

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/skaldgo/skald/projection/sagaview"
	"github.com/skaldgo/skald/saga"
)

func (a *app) sagasListCommand() *cobra.Command {
	q := sagaview.Query{}
	var states []string
	var parent string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List sagas, the one started last first",
		Long: `List sagas from the read model, the one started last first. Nothing is written, and a projector that runs meanwhile is not
disturbed. The position that the list is as of is told with it. A status is a state: started, pending, compensating,
completed or failed; several mean any of them. --open, --parked, --stuck and --name narrow the list further, and --parent
to the sagas that steps of that one have started; its ID is the id of the saga, or Name/ID where several definitions have a
saga of that id.`,
		Example: `  projector sagas list
  projector sagas list --status failed,compensating --limit 20
  projector sagas list --stuck -o json
  projector sagas list --parent Contract/7`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			format, err := a.listFormat()
			if err != nil {
				return err
			}
			if q.States, err = parseStates(states); err != nil {
				return err
			}
			if err := checkLimit(q.Limit, "for more, go on with --cursor"); err != nil {
				return err
			}
			ctx := cmd.Context()
			return a.readModel(ctx, func(db *sql.DB) error { return a.list(ctx, db, q, parent, format) })
		},
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&states, "status", nil, "only sagas in these states; may be repeated")
	flags.StringSliceVar(&q.Names, "name", nil, "only sagas of these definitions; may be repeated")
	flags.BoolVar(&q.Open, "open", false, "only those that have not ended")
	flags.BoolVar(&q.Parked, "parked", false, "only those that wait for a person")
	flags.BoolVar(&q.Stuck, "stuck", false, "only those with which nothing happened by the time something was due")
	flags.StringVar(&parent, "parent", "", "only those that a step of this saga has started: ID or Name/ID")
	flags.IntVar(&q.Limit, "limit", 50, fmt.Sprintf("how many at most, up to %d", sagaview.MaxLimit))
	flags.StringVar(&q.Cursor, "cursor", "", "go on after the list that ended with this cursor")
	return cmd
}

func parseStates(names []string) (states []saga.State, err error) {
	for _, name := range names {
		var state saga.State
		if err := state.UnmarshalText([]byte(name)); err != nil || state == saga.StateNone {
			return nil, usage("use started, pending, compensating, completed or failed; conditions are --open, --parked and --stuck",
				"--status %q is no state", name)
		}
		states = append(states, state)
	}
	return states, nil
}

func checkLimit(limit int, hint string) error {
	if limit < 1 || limit > sagaview.MaxLimit {
		return usage(hint, "--limit is %d, it must be between 1 and %d", limit, sagaview.MaxLimit)
	}
	return nil
}

func (a *app) list(ctx context.Context, db *sql.DB, q sagaview.Query, parent, format string) (err error) {
	if parent != "" {
		if q.Parent, err = a.listed(ctx, db, parent); err != nil {
			return err
		}
	}
	page, err := sagaview.List(ctx, db, q)
	if errors.Is(err, sagaview.ErrInvalidQuery) { // everything else has been looked at
		return usage("take it from the end of the list before", "--cursor %q is none", q.Cursor)
	}
	if err != nil {
		return err
	}
	return a.printSagas(page, format)
}

func (a *app) printSagas(page sagaview.Page, format string) error {
	switch format {
	case formatJSON:
		return a.printJSON(struct {
			AsOf  asOfView        `json:"as_of"`
			Sagas []sagaview.Saga `json:"sagas"`
			Next  string          `json:"next_cursor,omitempty"`
		}{asOf(page.AsOf), page.Sagas, page.Next})
	case formatJSONL, formatCSV:
		if err := printRows(a, page.Sagas, format); err != nil {
			return err
		}
	default:
		if err := a.printTable(listGrid(page.Sagas, format == formatWide)); err != nil {
			return err
		}
	}
	a.noteAsOf(asOf(page.AsOf))
	if page.Next != "" {
		a.note("there are more, go on with: --cursor %s", page.Next)
	}
	return nil
}

func listGrid(rows []sagaview.Saga, wide bool) grid {
	g := grid{
		header: table.Row{
			"name", "id", "state", "steps", "revision", "version", "step", "direction", "attempt", "failed step", "started",
			"updated", "ended", "waits for", "due", "last error", "correlation", "parent",
		},
		right: []string{"revision", "version", "attempt"},
		extra: []string{"revision", "version", "step", "direction", "attempt", "failed step", "ended", "correlation", "parent"},
		wide:  wide,
	}
	for _, r := range rows {
		steps := fmt.Sprintf("%d/%d", r.StepsDone, r.StepsTotal)
		if r.StepsCompensated > 0 {
			steps += fmt.Sprintf(" -%d", r.StepsCompensated)
		}
		failure := r.LastError
		if failure == "" {
			failure = r.Reason
		}
		g.add(r.Name, r.ID, condition(r), steps, r.Revision, r.Version, orDash(r.Step), orDash(r.Direction), r.Attempt,
			orDash(r.FailedStep), r.StartedAt, r.UpdatedAt, r.EndedAt, orDash(r.WaitsFor), r.NextDue, g.long(failure),
			orDash(r.CorrelationID), parentOf(r))
	}
	return g
}

func parentOf(r sagaview.Saga) string {
	if r.Parent == nil {
		return "-"
	}
	return r.Parent.Name + "/" + r.Parent.ID + ", step " + r.Parent.Step
}

func condition(r sagaview.Saga) string {
	state := r.State.String()
	if r.Parked {
		state += ", parked"
	}
	if r.Paused {
		state += ", paused"
	}
	if r.Stuck {
		state += ", stuck"
	}
	if r.Overdue && r.EndedAt.IsZero() {
		state += ", overdue"
	}
	return state
}
