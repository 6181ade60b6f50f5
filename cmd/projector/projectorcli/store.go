package projectorcli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/skaldgo/skald/eventstore"
)

func (a *app) storeCommand() *cobra.Command {
	group := group("store", "Look at the store of the log, copy it to another, prepare a database", `  projector store info
  projector store copy --from sqlite:events.db --to postgres://app@db/orders
  projector store migrate --print`)
	group.AddCommand(a.storeInfoCommand(), a.storeVerifyOrderCommand(), a.storeCopyCommand(), a.storeMigrateCommand())
	return group
}

func (a *app) storeInfoCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "info",
		Short:   "Say which log it is and where it ends",
		Example: "  projector store info\n  projector store info --store postgres://app@db/orders",
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.storeInfo(cmd.Context()) },
	}
}

func (a *app) storeInfo(ctx context.Context) (err error) {
	format, err := a.format(formatTable, formatJSON)
	if err != nil {
		return err
	}
	store, err := a.openLog(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	id, err := store.LogID(ctx)
	if err != nil {
		return err
	}
	info := struct {
		Log        string              `json:"log"`
		ID         string              `json:"id"`
		Position   eventstore.Position `json:"position"`
		RecordedAt time.Time           `json:"recorded_at,omitzero"`
		Events     *int64              `json:"events,omitempty"`
	}{Log: a.logName(), ID: id}
	for e, err := range store.ReadAll(ctx, eventstore.Position{}, eventstore.Backwards, eventstore.Filter{}) {
		if err != nil {
			return err
		}
		info.Position, info.RecordedAt = e.Position, e.RecordedAt
		break
	}
	if counted, ok := store.(eventstore.Counted); ok {
		n := counted.EventsBetween(eventstore.Position{}, info.Position)
		info.Events = &n
	}
	if format == formatJSON {
		return a.printJSON(info)
	}
	fmt.Fprintf(a.stdout, "log         %s\nid          %s\nends at     %s\n", safe(info.Log), safe(info.ID), info.Position)
	if info.Events != nil {
		fmt.Fprintf(a.stdout, "events      %d\n", *info.Events)
	}
	if !info.RecordedAt.IsZero() {
		fmt.Fprintf(a.stdout, "last event  %s\n", info.RecordedAt.Format(time.RFC3339))
	}
	return nil
}
