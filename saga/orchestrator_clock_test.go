package saga_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

// A machine that wakes after a night has a clock that has gone on, and timers that have not.
func TestWhatBecameDueWhileTheMachineWasSuspendedHappensWithinAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var slept atomic.Int64
		s, store := newShop(t), memory.New()
		p := s.run(store, func(c *saga.Config) {
			c.Clock = func() time.Time { return time.Now().Add(time.Duration(slept.Load())) }
			c.Definitions = []saga.AnyDefinition{saga.Definition[parcel]{Name: "Night", Version: 1, Steps: []saga.Step[parcel]{
				saga.Await[parcel]("answer", saga.AwaitOptions[string]{Timeout: 8 * time.Hour}),
			}}}
		})
		_, err := p.Start(t.Context(), "Night", "1", parcel{Item: "lamp"})
		require.NoError(t, err)
		time.Sleep(time.Second)
		slept.Store(int64(8 * time.Hour))
		time.Sleep(time.Minute)
		synctest.Wait()
		in, err := p.Load(t.Context(), "Night", "1") // to Wait would wake the orchestrator
		require.NoError(t, err)
		require.Equal(t, saga.StateFailed, in.State())
		p.stop()
	})
}
