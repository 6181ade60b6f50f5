package aggregate_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore/memory"
)

// An account of a user's own: it is opened, gets money and refuses to give more than it has. Account, its commands and
// its events are plain Go types; see Aggregate for what they owe.
func ExampleRepository() {
	registry, err := NewRegistry()
	if err != nil {
		log.Fatal(err)
	}
	accounts, err := aggregate.NewRepository(aggregate.Config[*Account]{
		Store:    memory.New(),
		Registry: registry,
		Category: "account",
		New:      NewAccount,
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	env := aggregate.Envelope{Actor: "ada", CorrelationID: "request-1"}

	for _, command := range []Command{Open{Owner: "Ada"}, Deposit{Amount: 100}, Withdraw{Amount: 30}, Withdraw{Amount: 80}} {
		result, err := accounts.Execute(ctx, "7", command, env)
		switch {
		case errors.Is(err, ErrInsufficientFunds):
			fmt.Println("refused:", err)
		case err != nil:
			log.Fatal(err)
		default:
			fmt.Printf("%T: %s is at revision %d\n", command, result.Head.Stream, result.Head.Revision)
		}
	}

	loaded, err := accounts.Load(ctx, "7")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("balance:", loaded.Aggregate.Balance)
	fmt.Println("whole history, every event chained:", loaded.Chain.Complete())
	// Output:
	// aggregate_test.Open: account-7 is at revision 0
	// aggregate_test.Deposit: account-7 is at revision 1
	// aggregate_test.Withdraw: account-7 is at revision 2
	// refused: withdraw 80 of 70: insufficient funds
	// balance: 70
	// whole history, every event chained: true
}

// An account that can be kept: with Config.Snapshots, a long history is loaded from its newest snapshot on. Account has
// SnapshotSchema, MarshalSnapshot and UnmarshalSnapshot; here its state is kept in the store itself, every 100 events.
func ExampleSnapshotter() {
	registry, err := NewRegistry()
	if err != nil {
		log.Fatal(err)
	}
	store := memory.New()
	accounts, err := aggregate.NewRepository(aggregate.Config[*Account]{
		Store:         store,
		Registry:      registry,
		Category:      "account",
		New:           NewAccount,
		Snapshots:     aggregate.NewStreamSnapshots(store),
		SnapshotEvery: 100,
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	for range 250 {
		for _, command := range []Command{Open{Owner: "Ada"}, Deposit{Amount: 1}} {
			if _, err := accounts.Execute(ctx, "7", command, aggregate.Envelope{}); err != nil {
				log.Fatal(err)
			}
		}
	}
	snapshot, found, err := aggregate.NewStreamSnapshots(store).LatestSnapshot(ctx, accounts.Stream("7"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(found, snapshot.Head.Revision, string(snapshot.State))
	loaded, err := accounts.Load(ctx, "7")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(loaded.Head.Revision, loaded.Aggregate.Balance)
	// Output:
	// true 199 {"open":true,"balance":199}
	// 250 250
}
