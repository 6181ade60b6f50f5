package projection_test

import (
	"context"
	"iter"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
)

// growing is a log that gets another event each time it has been read to its end.
type growing struct {
	eventstore.Store
	grow func()
}

func (g *growing) LogID(ctx context.Context) (string, error) {
	return g.Store.(eventstore.Identified).LogID(ctx)
}

func (g *growing) ReadAll(ctx context.Context, after eventstore.Position, dir eventstore.Direction, f eventstore.Filter,
) iter.Seq2[eventstore.RecordedEvent, error] {
	return func(yield func(eventstore.RecordedEvent, error) bool) {
		for e, err := range g.Store.ReadAll(ctx, after, dir, f) {
			if !yield(e, err) {
				return
			}
		}
		g.grow()
	}
}

func TestACatchUpPassesNothingThatItHasNotRead(t *testing.T) {
	f := newFixture(t)
	f.deposits(3)
	log := f.store
	grown := 0
	f.store = &growing{Store: log, grow: func() {
		if grown++; grown <= 3 {
			plain := &fixture{t: t, store: log, next: f.next}
			plain.deposit("a0", 100)
		}
	}}
	for range 3 {
		require.NoError(t, f.projector(ledger{}).CatchUp(t.Context()))
	}
	require.NoError(t, f.projector(ledger{}).Rebuild(t.Context()))
	require.GreaterOrEqual(t, grown, 3, "the log grew while it was read")
	f.store = log
	require.NoError(t, f.projector(ledger{}).CatchUp(t.Context()))
	require.Equal(t, f.fold(ledger{}), f.dump())
}
