package saga_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

// travels is a definition of branches, a wait and a deadline; slow is how long a branch takes.
func (s *shop) travels(process int, slow time.Duration, most *atomic.Int64, limit int) saga.Definition[parcel] {
	s.ledger.apart = true
	var now atomic.Int64
	act := func(ctx context.Context, call saga.Call[parcel]) (receipt, error) {
		running := now.Add(1)
		for seen := most.Load(); running > seen && !most.CompareAndSwap(seen, running); seen = most.Load() {
		}
		time.Sleep(slow)
		now.Add(-1)
		return s.act(process)(ctx, call)
	}
	book := func(name string) saga.Step[parcel] {
		return saga.Compensable(name, act, s.undo(process), saga.StepOptions{})
	}
	return saga.Definition[parcel]{Name: "Travel", Version: 1, Deadline: time.Minute, Steps: []saga.Step[parcel]{
		saga.Parallel("book", book("hotel"), book("flight"), book("car")).Limit(limit),
		saga.Await[parcel]("approval", saga.AwaitOptions[string]{}),
		saga.Compensable("pay", s.act(process), s.undo(process), saga.StepOptions{}),
	}}
}

func (s *shop) runTravels(store *memory.Store, slow time.Duration, most *atomic.Int64, limit int, change ...func(*saga.Config)) *process {
	return s.run(store, append(change, func(c *saga.Config) {
		c.Definitions = append(c.Definitions, s.travels(1, slow, most, limit))
	})...)
}

func TestBranchesRunAtTheSameTimeAndASignalLetsTheSagaGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store, most := newShop(t), memory.New(), new(atomic.Int64)
		p := s.runTravels(store, time.Second, most, 0)
		_, err := p.Start(t.Context(), "Travel", "1", parcel{Item: "trip"})
		require.NoError(t, err)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		require.EqualValues(t, 3, most.Load())
		require.Equal(t, 0, p.Status(t.Context()).Attempts)

		require.NoError(t, p.Signal(t.Context(), "Travel", "1", saga.Signal{ID: "ok", Name: "approval", Payload: "go"}))
		ending, err := p.Wait(t.Context(), "Travel", "1")
		require.NoError(t, err)
		require.Equal(t, saga.StateCompleted, ending.State)
		p.stop()
		require.Empty(t, s.ledger.faults())
	})
}

func TestAWaitSurvivesARestartAndEndsWithTheSagasDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store, most := newShop(t), memory.New(), new(atomic.Int64)
		p := s.runTravels(store, 0, most, 1)
		_, err := p.Start(t.Context(), "Travel", "1", parcel{Item: "trip"})
		require.NoError(t, err)
		time.Sleep(10 * time.Second)
		p.stop()
		require.EqualValues(t, 1, most.Load(), "the limit of the group")

		p = s.runTravels(store, 0, most, 1)
		began := time.Now()
		ending, err := p.Wait(t.Context(), "Travel", "1")
		require.NoError(t, err)
		require.Equal(t, saga.StateFailed, ending.State)
		require.Equal(t, 50*time.Second, time.Since(began).Round(time.Second))
		p.stop()
		require.Empty(t, s.ledger.faults())
	})
}

func TestTheBranchesOfOneSagaShareTheWorkersWithOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store, most := newShop(t), memory.New(), new(atomic.Int64)
		p := s.runTravels(store, time.Second, most, 0, workers(2))
		_, err := p.Start(t.Context(), "Travel", "1", parcel{Item: "trip"})
		require.NoError(t, err)
		p.start(parcelRef(1))
		require.Equal(t, saga.StateCompleted, p.rest(parcelRef(1)).State)
		time.Sleep(10 * time.Second)
		require.EqualValues(t, 2, most.Load())
		p.stop()
		require.Empty(t, s.ledger.faults())
	})
}
