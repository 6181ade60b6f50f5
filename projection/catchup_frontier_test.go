package projection_test

import (
	"context"
	"iter"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/projection"
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
	for name, catchUp := range map[string]func(*projection.Projector, context.Context) error{
		"a catch-up": (*projection.Projector).CatchUp, "a rebuild": (*projection.Projector).Rebuild,
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.deposits(3)
			log, grown := f.store, 0
			f.store = &growing{Store: log, grow: func() {
				if grown++; grown <= 3 {
					(&fixture{t: t, store: log, next: f.next}).deposit("a0", 100)
				}
			}}
			require.NoError(t, catchUp(f.projector(ledger{}), t.Context()))
			require.Positive(t, grown, "the log grew while it was read")
			f.store = log
			require.NoError(t, f.projector(ledger{}).CatchUp(t.Context()))
			require.Equal(t, f.fold(ledger{}), f.dump())
		})
	}
}
