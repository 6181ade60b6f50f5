package projection_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/projection"
	"github.com/skaldgo/skald/projection/sqlitedb"
)

// Balances is a read model of accounts: how much money is on each.
type Balances struct{}

func (Balances) Spec() projection.Spec {
	return projection.Spec{
		Name: "balances", Version: 1,
		Filter: eventstore.Filter{StreamPrefixes: []string{"account-"}},
		Tables: []projection.Table{{Name: "balances", Columns: "account TEXT PRIMARY KEY, cents BIGINT NOT NULL"}},
	}
}

func (Balances) Apply(_ context.Context, tx *projection.Tx, events []eventstore.RecordedEvent) error {
	for _, e := range events {
		var moved struct{ Cents int64 }
		if err := json.Unmarshal(e.Data, &moved); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO {balances} VALUES ($1, $2)
			ON CONFLICT (account) DO UPDATE SET cents = {balances}.cents + $2`, e.Stream, moved.Cents)
		if err != nil {
			return err
		}
	}
	return nil
}

func ExampleProjector() {
	ctx := context.Background()
	dir, _ := os.MkdirTemp("", "balances")
	defer os.RemoveAll(dir)
	db, err := sqlitedb.Open(ctx, filepath.Join(dir, "readmodel.db"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	log := memory.New()
	defer log.Close()
	for i, cents := range []int{500, -120} {
		id, _ := eventstore.NewEventID()
		data := fmt.Appendf(nil, `{"cents":%d}`, cents)
		_, err := log.Append(ctx, "account-ann", eventstore.Exactly(int64(i)-1),
			eventstore.EventData{ID: id, Type: "MoneyMoved", Data: data})
		if err != nil {
			fmt.Println(err)
		}
	}

	p, err := projection.New(projection.Config{Store: log, DB: db.Write, Projection: Balances{}})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := p.CatchUp(ctx); err != nil { // a service calls Run, which goes on until ctx ends
		fmt.Println(err)
	}
	var cents int
	_ = db.Read.QueryRow(`SELECT cents FROM balances WHERE account = 'account-ann'`).Scan(&cents)
	status, _ := p.Status(ctx)
	fmt.Println(cents, "cents after", status.EventsApplied, "events")
	// Output: 380 cents after 2 events
}
