package projection_test

import (
	"context"
	"iter"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
)

// counted is a store that counts the events that it has given out, read forwards.
type counted struct {
	eventstore.Store
	read atomic.Int64
}

func (s *counted) ReadAll(ctx context.Context, after eventstore.Position, dir eventstore.Direction, f eventstore.Filter,
) iter.Seq2[eventstore.RecordedEvent, error] {
	return func(yield func(eventstore.RecordedEvent, error) bool) {
		for e, err := range s.Store.ReadAll(ctx, after, dir, f) {
			if dir == eventstore.Forwards {
				s.read.Add(1)
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

func TestOfLargeEventsOnlyAFewAreInMemory(t *testing.T) {
	const events, perBatch = 100, 16 // of half a MiB
	f := newFixture(t)
	for range events {
		f.append("account-a", "Deposited", "1"+strings.Repeat(" ", 512<<10))
	}
	store := &counted{Store: f.store}
	f.store = store
	applied := 0
	l := ledger{after: func(batch []eventstore.RecordedEvent) {
		require.LessOrEqual(t, len(batch), perBatch)
		ahead := int(store.read.Load()) - applied
		require.LessOrEqual(t, ahead, 2*perBatch+1, "this batch, what is read ahead of it, and one that waits for room")
		applied += len(batch)
	}}
	require.NoError(t, f.projector(l, batchSize(10_000)).CatchUp(t.Context()))
	require.Equal(t, events, applied)
	require.Equal(t, f.fold(ledger{}), f.dump())
}
