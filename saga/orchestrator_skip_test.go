package saga_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

func TestASkipFromAnotherProcessIsActedUponWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store, ref := newShop(t), memory.New(), ticketRef(1)
		s.set(action("buy"), always(fails))
		p := s.run(store)
		skip := s.open(store).Skip // another process
		p.start(ref)
		parked := p.rest(ref)
		require.Equal(t, saga.ParkedPivotUnknown, parked.Parked.Reason)
		seen := parked.Instance.Revision()
		require.ErrorIs(t, skip(t.Context(), ref.Name, ref.ID, "buy", "ann", "r", seen-1), saga.ErrStale)
		began := time.Now()
		require.NoError(t, skip(t.Context(), ref.Name, ref.ID, "buy", "ann", "sold out, they come by train", seen))
		end := p.rest(ref)
		require.Equal(t, saga.StateCompleted, end.State)
		require.LessOrEqual(t, time.Since(began), time.Second)
		require.Contains(t, history(t, store, ref), saga.StepSkipped{
			Step: "buy", Actor: "ann", Reason: "sold out, they come by train", SeenRevision: seen,
		})
		p.stop()
	})
}

func TestALaterStepIsToldThatAStepWasSkipped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told error
		def := saga.Definition[goods]{Name: "Skips", Version: 1, Steps: []saga.Step[goods]{
			saga.ReadOnly("look", func(context.Context, saga.Call[goods]) (string, error) {
				return "", errors.New("no answer")
			}, saga.StepOptions{Retry: saga.RetryPolicy{MaximumAttempts: 2, InitialInterval: time.Hour}}),
			saga.ReadOnly("use", func(_ context.Context, call saga.Call[goods]) (string, error) {
				_, told = saga.Result[string](call, "look")
				return "", nil
			}, saga.StepOptions{}),
		}}
		o, err := saga.New(saga.Config{Store: memory.New(), Definitions: []saga.AnyDefinition{def}})
		require.NoError(t, err)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- o.Run(ctx) }()
		_, err = o.Start(ctx, "Skips", "1", goods{})
		require.NoError(t, err)
		synctest.Wait()
		now, err := o.Load(ctx, "Skips", "1")
		require.NoError(t, err)
		skip := o.Skip
		require.NoError(t, skip(ctx, "Skips", "1", "look", "ann", "not needed", now.Revision()))
		end, err := o.Wait(ctx, "Skips", "1")
		require.NoError(t, err)
		require.Equal(t, saga.StateCompleted, end.State)
		require.ErrorIs(t, told, saga.ErrNoResult)
		require.ErrorContains(t, told, "an operator has skipped")
		stop()
		require.NoError(t, <-ended)
	})
}
