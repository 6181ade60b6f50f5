package saga_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/eventstoretest"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

type trip struct {
	City string `json:"city"`
}

func doNothing(context.Context, saga.Call[trip]) (string, error)  { return "ok", nil }
func undoNothing(context.Context, saga.Call[trip], *string) error { return nil }
func refuse(context.Context, saga.Call[trip]) (string, error) {
	return "", saga.Permanent(errors.New("fully booked"))
}

func fourSteps(third func(context.Context, saga.Call[trip]) (string, error)) saga.Definition[trip] {
	return saga.Definition[trip]{Name: "Trip", Version: 1, Steps: []saga.Step[trip]{
		saga.Compensable("one", doNothing, undoNothing, saga.StepOptions{}),
		saga.Compensable("two", doNothing, undoNothing, saga.StepOptions{}),
		saga.Compensable("three", third, undoNothing, saga.StepOptions{}),
		saga.Compensable("four", doNothing, undoNothing, saga.StepOptions{}),
	}}
}

// runOrchestrator runs an orchestrator until the test ends.
func runOrchestrator(t *testing.T, cfg saga.Config) *saga.Orchestrator {
	t.Helper()
	o, err := saga.New(cfg)
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- o.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-ended)
	})
	return o
}

func eventTypes(t testing.TB, store eventstore.Store, stream string) []string {
	t.Helper()
	var types []string
	for ev, err := range store.ReadStream(t.Context(), stream, 0, eventstore.Forwards) {
		require.NoError(t, err)
		types = append(types, ev.Type)
	}
	return types
}

func TestASagaOfFourStepsCostsTenEventsAndCompletes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memory.New()
		o := runOrchestrator(t, saga.Config{Store: store, Definitions: []saga.AnyDefinition{fourSteps(doNothing)}})
		synctest.Wait()
		created, err := o.Start(t.Context(), "Trip", "a", trip{City: "Bergen"})
		require.NoError(t, err)
		require.True(t, created)
		end, err := o.Wait(t.Context(), "Trip", "a")
		require.NoError(t, err)
		require.Equal(t, saga.StateCompleted, end.State)
		require.NoError(t, end.Err)
		require.Equal(t, []string{
			"SagaStarted", "StepStarted", "StepCompleted", "StepStarted", "StepCompleted", "StepStarted",
			"StepCompleted", "StepStarted", "StepCompleted", "SagaCompleted",
		}, eventTypes(t, store, "saga:Trip-a"))
		eventstoretest.Check(t, store)
	})
}

func TestAPermanentErrorCompensatesInReverseOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memory.New()
		o := runOrchestrator(t, saga.Config{Store: store, Definitions: []saga.AnyDefinition{fourSteps(refuse)}})
		_, err := o.Start(t.Context(), "Trip", "a", trip{City: "Bergen"})
		require.NoError(t, err)
		end, err := o.Wait(t.Context(), "Trip", "a")
		require.NoError(t, err)
		require.Equal(t, saga.StateFailed, end.State)
		require.ErrorContains(t, end.Err, "fully booked")
		require.Equal(t, []string{
			"SagaStarted", "StepStarted", "StepCompleted", "StepStarted", "StepCompleted", "StepStarted",
			"StepFailed", "CompensationRequested", "CompensationStarted",
			"CompensationCompleted", "CompensationStarted", "CompensationCompleted", "SagaFailed",
		}, eventTypes(t, store, "saga:Trip-a"))
	})
}

func BenchmarkSagas(b *testing.B) {
	for _, inFlight := range []int{1, 1000} {
		b.Run(fmt.Sprintf("in flight %d", inFlight), func(b *testing.B) {
			store := memory.New()
			o, err := saga.New(saga.Config{Store: store, Definitions: []saga.AnyDefinition{fourSteps(doNothing)}})
			require.NoError(b, err)
			ctx, stop := context.WithCancel(b.Context())
			ended := make(chan error, 1)
			go func() { ended <- o.Run(ctx) }()
			slots := make(chan struct{}, inFlight)
			began := time.Now()
			for i := range b.N {
				slots <- struct{}{}
				go func() {
					defer func() { <-slots }()
					id := fmt.Sprint(i)
					if _, err := o.Start(ctx, "Trip", id, trip{City: "Bergen"}); err != nil {
						b.Error(err)
					}
					if _, err := o.Wait(ctx, "Trip", id); err != nil {
						b.Error(err)
					}
				}()
			}
			for range inFlight {
				slots <- struct{}{}
			}
			b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "sagas/s")
			stop()
			require.NoError(b, <-ended)
		})
	}
}
