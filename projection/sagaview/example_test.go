package sagaview_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/projection"
	"github.com/skaldgo/skald/projection/sagaview"
	"github.com/skaldgo/skald/projection/sqlitedb"
	"github.com/skaldgo/skald/saga"
)

func ExampleNew() {
	ctx := context.Background()
	log := memory.New()
	defer log.Close()
	orchestrator, err := saga.New(saga.Config{Store: log, Definitions: []saga.AnyDefinition{orderDef()}})
	if err == nil {
		_, err = orchestrator.Start(ctx, "Order", "A-1", goods{Item: "lamp"})
	}
	if err != nil {
		fmt.Println(err)
		return
	}

	dir, _ := os.MkdirTemp("", "sagas")
	defer os.RemoveAll(dir)
	db, err := sqlitedb.Open(ctx, filepath.Join(dir, "readmodel.db"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	view, err := sagaview.New(sagaview.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := projection.New(projection.Config{
		Store: log, DB: db.Write, Projection: view, BatchSize: sagaview.BatchSize,
	})
	if err == nil {
		err = p.CatchUp(ctx) // a service calls Run, which goes on until ctx ends
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	page, err := sagaview.List(ctx, db.Read, sagaview.Query{Open: true})
	for _, s := range page.Sagas {
		fmt.Println(s.Name, s.ID, "is", s.State, "and waits for", s.WaitsFor)
	}
	fmt.Println(err)
	// Output:
	// Order A-1 is started and waits for step reserve to start
	// <nil>
}
