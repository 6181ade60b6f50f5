package projection_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/projection"
)

func TestRunFollowsTheLog(t *testing.T) {
	f := newFixture(t)
	f.deposits(50)
	hook, wait := signal()
	stop := run(t, f.projector(ledger{after: hook}, batchSize(7)))
	wait(t, "account-a0", 7)
	f.deposit("late", 5)
	wait(t, "account-late", 0)
	eventually(t, "the flush", func() bool { return f.status().EventsApplied == 51 })
	s := f.status()
	require.Equal(t, projection.StateLive, s.State)
	require.Contains(t, s.Holder, "process")
	require.NoError(t, stop())
	s = f.status()
	require.Equal(t, projection.StateStopped, s.State)
	require.Empty(t, s.Holder)
	require.Empty(t, s.LastError)
	require.Equal(t, f.fold(ledger{}), f.dump())
}

func TestEventsThatKeepComingAreFlushedAllTheSame(t *testing.T) {
	f := newFixture(t)
	f.deposits(40)
	// A store that is never caught up, however much it is read.
	f.store = &endless{Store: f.store, gate: make(chan struct{})}
	stop := run(t, f.projector(ledger{}, func(c *projection.Config) { c.Heartbeat = time.Hour }))
	eventually(t, "the flush", func() bool { return f.status().EventsApplied == 40 })
	require.Equal(t, projection.StateCatchingUp, f.status().State)
	require.True(t, f.status().CaughtUpAt.IsZero())
	close(f.store.(*endless).gate)
	eventually(t, "the head", func() bool { return f.status().State == projection.StateLive })
	require.NoError(t, stop())
}

func TestWhatWaitsForCompanyIsWrittenOnShutdown(t *testing.T) {
	f := newFixture(t)
	delivered := make(chan eventstore.Message, 100)
	f.store = &observed{Store: f.store, delivered: delivered}
	stop := run(t, f.projector(ledger{}, func(c *projection.Config) { c.FlushInterval, c.Heartbeat = time.Hour, time.Hour }))
	eventually(t, "live", func() bool { return f.status().State == projection.StateLive })
	f.deposits(3)
	for m := range delivered {
		if p, _ := m.Position.Parts(); p == 3 && m.Kind == eventstore.KindCaughtUp {
			break
		}
	}
	require.Zero(t, f.status().EventsApplied)
	require.NoError(t, stop())
	require.Equal(t, int64(3), f.status().EventsApplied)
}

func TestABatchIsFinishedOnShutdown(t *testing.T) {
	f := newFixture(t)
	f.deposits(30)
	ctx, cancel := context.WithCancel(t.Context())
	applying := f.projector(ledger{before: func(e eventstore.RecordedEvent) error {
		cancel() // in the middle of the batch
		return nil
	}}, batchSize(10))
	require.NoError(t, applying.Run(ctx))
	require.GreaterOrEqual(t, f.status().EventsApplied, int64(10), "the batch that was being applied")
	require.ErrorIs(t, f.projector(ledger{}).CatchUp(ctx), context.Canceled)
	require.NoError(t, f.projector(ledger{}).Run(ctx))
}

func TestCaughtUpAtMovesOn(t *testing.T) {
	start := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	ticking := func(c *projection.Config) {
		var ticks atomic.Int64
		c.Heartbeat = time.Millisecond
		c.Clock = func() time.Time { return start.Add(time.Duration(ticks.Add(1)) * time.Second) }
	}
	t.Run("while nothing happens, even in an empty log", func(t *testing.T) {
		f := newFixture(t)
		stop := run(t, f.projector(ledger{}, ticking))
		eventually(t, "heartbeats", func() bool { return f.status().CaughtUpAt.After(start.Add(30 * time.Second)) })
		require.NoError(t, stop())
		require.Equal(t, int64(0), f.status().EventsApplied)
	})
	t.Run("not while the log is out of reach", func(t *testing.T) {
		f := newFixture(t)
		f.deposits(3)
		cut := &unreachable{Store: f.store}
		f.store = cut
		stop := run(t, f.projector(ledger{}, ticking))
		eventually(t, "heartbeats", func() bool { return f.status().CaughtUpAt.After(start.Add(30 * time.Second)) })
		cut.down.Store(true)
		at := f.status()
		eventually(t, "signs of life", func() bool { return f.status().UpdatedAt.Sub(at.UpdatedAt) > time.Minute })
		require.Less(t, f.status().CaughtUpAt.Sub(at.CaughtUpAt), 30*time.Second)
		require.NoError(t, stop())
	})
}

func TestAFilterChoosesTheEvents(t *testing.T) {
	f := newFixture(t)
	filtered := ledger{filter: eventstore.Filter{StreamPrefixes: []string{"account-"}}}
	f.deposits(5)
	for range 5 {
		f.append("noise-1", "Noise", "not for us")
	}
	require.NoError(t, f.projector(filtered).CatchUp(t.Context()))
	s := f.status()
	require.Equal(t, int64(5), s.EventsApplied)
	require.Equal(t, eventstore.NewPosition(10, 0), s.Position, "the checkpoint passes what does not match")
}

func TestManyProjectorsInTurnsWriteEachEventOnce(t *testing.T) {
	f := newFixture(t)
	f.deposits(300)
	ctx, cancel := context.WithCancel(t.Context())
	const n = 4
	results := make(chan error, n)
	for range n {
		go func() {
			for ctx.Err() == nil {
				if err := f.projector(ledger{}, batchSize(3)).CatchUp(ctx); err == nil {
					results <- nil
					return
				}
			}
			results <- ctx.Err()
		}()
	}
	for range n {
		require.NoError(t, <-results)
	}
	cancel()
	require.Equal(t, f.fold(ledger{}), f.dump())
}
