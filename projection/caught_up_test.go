package projection_test

import (
	"context"
	"iter"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/projection"
)

// stopped is a store whose process stands still between reading the head of the log and saying so.
type stopped struct {
	eventstore.Store
	meanwhile func()
	resumed   chan struct{} // closed to let the subscription go on after that
}

func (s *stopped) Subscribe(ctx context.Context, after eventstore.Position, filter eventstore.Filter,
) iter.Seq2[eventstore.Message, error] {
	return func(yield func(eventstore.Message, error) bool) {
		first := true
		for m, err := range s.Store.Subscribe(ctx, after, filter) {
			if still := m.Kind == eventstore.KindCaughtUp && first; still {
				first = false
				s.meanwhile()
				if !yield(m, err) {
					return
				}
				select {
				case <-s.resumed:
				case <-ctx.Done():
				}
				continue
			}
			if !yield(m, err) {
				return
			}
		}
	}
}

func TestAProjectionThatWasStoppedAtTheHeadIsNotCaughtUpWithWhatCameMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.deposits(5)
		log := &stopped{Store: f.store, resumed: make(chan struct{})}
		var recorded time.Time
		log.meanwhile = func() {
			time.Sleep(time.Minute)
			f.deposit("late", 7)
			recorded = time.Now()
			time.Sleep(time.Hour)
		}
		f.store = log
		stop := run(t, f.projector(ledger{}))
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		s := f.status()
		require.Equal(t, int64(5), s.EventsApplied)
		require.True(t, s.CaughtUpAt.Before(recorded), "it says that it was caught up at %s, and lacks an event of %s",
			s.CaughtUpAt, recorded)

		close(log.resumed)
		time.Sleep(time.Minute)
		s = f.status()
		require.Equal(t, int64(6), s.EventsApplied)
		require.True(t, s.CaughtUpAt.After(recorded))
		require.NoError(t, stop())
	})
}

func TestAProjectionThatWasStoppedAtTheHeadIsCaughtUpAgainAtOnceWhenNothingCame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.deposits(5)
		start := time.Now()
		f.store = &stopped{Store: f.store, resumed: make(chan struct{}), meanwhile: func() { time.Sleep(time.Hour) }}
		stop := run(t, f.projector(ledger{}, func(c *projection.Config) { c.Heartbeat = 10 * time.Minute }))
		time.Sleep(time.Hour + time.Minute) // before the first heartbeat after it
		synctest.Wait()
		require.GreaterOrEqual(t, f.status().CaughtUpAt.Sub(start), time.Hour)
		require.NoError(t, stop())
	})
}
