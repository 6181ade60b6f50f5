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

func TestStepsTellWhereEachStepStands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lost := func(context.Context, saga.Call[trip]) (string, error) { return "", errors.New("connection reset") }
		o := runOrchestrator(t, saga.Config{Store: memory.New(), Definitions: []saga.AnyDefinition{fourSteps(lost)}})
		_, err := o.Start(t.Context(), "Trip", "a", trip{City: "Bergen"})
		require.NoError(t, err)
		synctest.Wait()
		inst, err := o.Load(t.Context(), "Trip", "a")
		require.NoError(t, err)
		steps := inst.Steps()
		require.Len(t, steps, 4)
		require.Equal(t, saga.StepStateCompleted, steps[0].State)
		require.JSONEq(t, `"ok"`, string(steps[0].Result))
		require.Equal(t, saga.StepStateExecuting, steps[2].State)
		require.Equal(t, 1, steps[2].Action.Attempts)
		require.Equal(t, "connection reset", steps[2].Action.Error)
		require.WithinRange(t, steps[2].Action.Due, time.Now(), time.Now().Add(time.Second))
		require.Equal(t, saga.StepStatePending, steps[3].State)
		_, err = o.Wait(t.Context(), "Trip", "a")
		require.NoError(t, err)
		inst, err = o.Load(t.Context(), "Trip", "a")
		require.NoError(t, err)
		require.Equal(t, saga.StepStateCompensated, inst.Steps()[2].State)
		require.Equal(t, 1, inst.Steps()[2].Compensation.Attempts)
	})
}
