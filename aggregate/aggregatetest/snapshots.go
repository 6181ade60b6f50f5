package aggregatetest

import (
	"reflect"
	"testing"

	"github.com/skaldgo/skald/aggregate"
)

// Keeper is an aggregate whose snapshots are tested.
type Keeper[C, E any] interface {
	aggregate.Aggregate[C, E]
	aggregate.Snapshotter
}

// RequireSnapshots demands that it makes no difference where a history is cut by a snapshot: for every place in it, the
// aggregate restored there and taken on to the end is equal, as reflect.DeepEqual has it, to the one that all events have
// happened to. newAggregate is what Config.New does.
func RequireSnapshots[C, E any, A Keeper[C, E]](t testing.TB, newAggregate func() A, events ...E) {
	t.Helper()
	whole := newAggregate()
	for _, event := range events {
		whole.Evolve(event)
	}
	for cut := 0; cut <= len(events); cut++ {
		first := newAggregate()
		for _, event := range events[:cut] {
			first.Evolve(event)
		}
		state, err := first.MarshalSnapshot()
		if err != nil {
			t.Fatalf("the aggregate cannot be kept after %d events: %v", cut, err)
		}
		restored := newAggregate()
		if err := restored.UnmarshalSnapshot(state); err != nil {
			t.Fatalf("the aggregate kept after %d events cannot be restored: %v\nfrom %s", cut, err, state)
		}
		for _, event := range events[cut:] {
			restored.Evolve(event)
		}
		if !reflect.DeepEqual(restored, whole) {
			t.Fatalf("restored after %d events, from\n\t%s\nand taken on, the aggregate is\n\t%s\nand not\n\t%s",
				cut, state, describe(restored), describe(whole))
		}
	}
}
