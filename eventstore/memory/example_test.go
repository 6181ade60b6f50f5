package memory_test

import (
	"context"
	"fmt"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/eventstoretest"
	"github.com/skaldgo/skald/eventstore/memory"
)

// The second writer at one revision is refused, and told where the stream is.
func ExampleNew() {
	ctx, store := context.Background(), memory.New()
	defer store.Close()

	for _, by := range []string{"alice", "bob"} {
		_, err := store.Append(ctx, "order-42", eventstore.NoStream, eventstoretest.Event("Placed", `"`+by+`"`))
		fmt.Println(by+":", err)
	}
	for e, err := range store.ReadStream(ctx, "order-42", 0, eventstore.Forwards) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(e.Revision, e.Type, string(e.Data))
	}
	// Output:
	// alice: <nil>
	// bob: stream "order-42" is at revision 0, expected no stream
	// 0 Placed "alice"
}
