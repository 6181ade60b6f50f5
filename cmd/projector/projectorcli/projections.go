package projectorcli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/projection"
)

func (a *app) projectionsCommand() *cobra.Command {
	projections := group("projections", "List the read models, and make them again from the log", `  projector projections list
  projector projections rebuild`)
	projections.AddCommand(a.projectionsListCommand(), a.projectionsRebuildCommand())
	return projections
}

func (a *app) projectionsListCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the read models: state, position, lag, and whose projector is live",
		Long: `List the read models with the position that each is as of, and how far it is behind the log. Nothing is written. A
state of stopped means that no projector keeps the read model up to date at this moment. Of several projectors on one read
model the one under PROJECTOR is live, and those under STANDING BY take over when it ends or dies.`,
		Example: "  projector projections list\n  projector projections list -o wide",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			format, err := a.listFormat()
			if err != nil {
				return err
			}
			views, err := a.readProjections(cmd.Context())
			if err != nil {
				return err
			}
			return a.printProjections(views, format)
		},
	}
}

// projectionView is one read model as it is shown.
type projectionView struct {
	Name          string              `json:"name"`
	State         projection.State    `json:"state"`
	Version       int                 `json:"version"`
	Position      eventstore.Position `json:"position"`
	Head          eventstore.Position `json:"head"`
	LagSeconds    float64             `json:"lag_seconds"`
	LagEvents     int64               `json:"lag_events"`
	EventsApplied int64               `json:"events_applied"`
	Quarantined   int                 `json:"quarantined_streams"`
	SetAside      []string            `json:"set_aside,omitempty"` // each of them, with the reason
	CaughtUpAt    time.Time           `json:"caught_up_at,omitzero"`
	Holder        string              `json:"holder,omitempty"`
	StandingBy    []string            `json:"standing_by,omitempty"`
	Problem       string              `json:"problem,omitempty"`
	Rebuild       *rebuildView        `json:"rebuild,omitempty"`

	lag time.Duration
}

// rebuildView is how far a rebuild is.
type rebuildView struct {
	Holder        string              `json:"holder"`
	Position      eventstore.Position `json:"position"`
	EventsApplied int64               `json:"events_applied"`
}

func (r *rebuildView) String() string {
	if r == nil {
		return "-"
	}
	return fmt.Sprintf("%s, at %s", r.Holder, r.Position)
}

func (a *app) readProjections(ctx context.Context) (views []projectionView, err error) {
	dir := dataDir(a.data)
	store, err := a.openLog(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	db, err := dir.openReadModel(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	all, err := a.projections()
	if err != nil {
		return nil, err
	}
	for _, p := range all {
		projector, err := newProjector(projection.Config{Store: store, DB: db.Read, Projection: p})
		if err != nil {
			return nil, err
		}
		status, err := projector.Status(ctx)
		if err != nil {
			return nil, err
		}
		view := newProjectionView(status)
		aside, err := projection.ReadQuarantine(ctx, db.Read, status.Name)
		if err != nil {
			return nil, err
		}
		for _, q := range aside {
			view.SetAside = append(view.SetAside, fmt.Sprintf("%s from revision %d on: %s", q.Stream, q.Revision, q.Error))
		}
		views = append(views, view)
	}
	return views, nil
}

func newProjectionView(s projection.Status) projectionView {
	v := projectionView{
		Name: s.Name, State: s.State, Version: s.Version, Position: s.Position, Head: s.Head,
		LagSeconds: s.Lag.Seconds(), LagEvents: s.LagEvents, EventsApplied: s.EventsApplied, Quarantined: s.Quarantined,
		CaughtUpAt: s.CaughtUpAt, Holder: s.Holder, Problem: s.LastError, lag: s.Lag,
	}
	if s.RebuildNeeded != nil {
		v.Problem = s.RebuildNeeded.Error()
	}
	for _, standby := range s.StandingBy {
		v.StandingBy = append(v.StandingBy, standby.Holder)
	}
	if r := s.Rebuild; r != nil {
		v.Rebuild = &rebuildView{Holder: r.Holder, Position: r.Position, EventsApplied: r.EventsApplied}
	}
	return v
}

func (a *app) printProjections(views []projectionView, format string) error {
	switch format {
	case formatJSON:
		return a.printJSON(map[string]any{"projections": views})
	case formatJSONL, formatCSV:
		return printRows(a, views, format)
	}
	g := grid{
		header: table.Row{
			"name", "state", "version", "position", "head", "lag", "behind", "events applied", "set aside", "caught up at",
			"projector", "standing by", "rebuilt by", "problem",
		},
		right: []string{"version", "position", "head", "lag", "behind", "events applied", "set aside"},
		extra: []string{"version", "head", "events applied", "rebuilt by"},
		wide:  format == formatWide,
	}
	for _, v := range views {
		g.add(v.Name, string(v.State), v.Version, v.Position, v.Head, v.lag, v.LagEvents, v.EventsApplied, v.Quarantined,
			v.CaughtUpAt, orDash(v.Holder), orDash(strings.Join(v.StandingBy, ", ")), v.Rebuild.String(), g.long(v.Problem))
	}
	if err := a.printTable(g); err != nil {
		return err
	}
	for _, v := range views {
		for _, stream := range v.SetAside {
			a.note("%s has set aside %s", v.Name, stream)
		}
	}
	return nil
}

func (a *app) projectionsRebuildCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "rebuild [NAME]",
		Short: "Make a read model, or all of them, again from the first event",
		Long: `Make read models again from the first event, beside the old ones, and swap them in once they are at the head of the log.
Readers see the old read model until then. A projector that runs meanwhile goes on, and continues on the new tables. When
the rebuild is interrupted, the old read model stays as it was.`,
		Example: "  projector projections rebuild\n  projector projections rebuild sagas",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage("see "+cmd.CommandPath()+" --help", "%s takes one name at most, but got %d", cmd.CommandPath(), len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			format, err := a.listFormat()
			if err != nil {
				return err
			}
			chosen, err := a.projections()
			if len(args) == 1 && err == nil {
				chosen, err = projectionNamed(chosen, args[0])
			}
			if err != nil {
				return err
			}
			return a.rebuild(cmd.Context(), chosen, format)
		},
	}
}

func projectionNamed(all []projection.Projection, name string) ([]projection.Projection, error) {
	names := make([]string, 0, len(all))
	for _, p := range all {
		if p.Spec().Name == name {
			return []projection.Projection{p}, nil
		}
		names = append(names, p.Spec().Name)
	}
	return nil, fail(ExitNotFound, "there are: "+strings.Join(names, ", "), "there is no projection %q", name)
}

func (a *app) rebuild(ctx context.Context, chosen []projection.Projection, format string) (err error) {
	dir := dataDir(a.data)
	store, err := a.openLog(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	db, err := dir.openReadModelToWrite(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	views := make([]projectionView, 0, len(chosen))
	for _, p := range chosen {
		projector, err := newProjector(projection.Config{Store: store, DB: db.Write, Projection: p})
		if err != nil {
			return err
		}
		a.note("rebuilding %s", p.Spec().Name)
		if err := projector.Rebuild(ctx); err != nil {
			return err
		}
		status, err := projector.Status(ctx)
		if err != nil {
			return err
		}
		views = append(views, newProjectionView(status))
	}
	return a.printProjections(views, format)
}
