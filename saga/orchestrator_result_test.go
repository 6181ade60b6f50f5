package saga_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

func TestACompensationIsGivenTheResultOfItsActionAndNilWhenNoneIsKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		given := map[string]*string{} // compensations run one at a time
		undo := func(_ context.Context, call saga.Call[trip], result *string) error {
			given[call.Step] = result
			return nil
		}
		book := func(_ context.Context, call saga.Call[trip]) (string, error) { return call.Data.City + " 12", nil }
		lose := func(context.Context, saga.Call[trip]) (string, error) { return "unseen", errors.New("connection lost") }
		def := saga.Definition[trip]{Name: "Trip", Version: 1, Steps: []saga.Step[trip]{
			saga.Compensable("book", book, undo, saga.StepOptions{}), saga.Compensable("pay", lose, undo, saga.StepOptions{}),
		}}
		o := runOrchestrator(t, saga.Config{Store: memory.New(), Definitions: []saga.AnyDefinition{def}})
		_, err := o.Start(t.Context(), "Trip", "7", trip{City: "Bergen"})
		require.NoError(t, err)
		end, err := o.Wait(t.Context(), "Trip", "7")
		require.NoError(t, err)
		require.Equal(t, saga.StateFailed, end.State)

		require.Len(t, given, 2)
		require.NotNil(t, given["book"])
		require.Equal(t, "Bergen 12", *given["book"])
		require.Nil(t, given["pay"], "whether it was paid, and under which number, is unknown")
	})
}

func TestAResultThatThereIsNotIsRefusedWithTheReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		why := map[string]error{}
		look := func(_ context.Context, call saga.Call[trip]) (string, error) {
			for _, step := range []string{"look", "pay", "bok"} {
				_, why[step] = saga.Result[string](call, step)
			}
			return "seen", nil
		}
		pay := func(_ context.Context, call saga.Call[trip]) (string, error) {
			_, why["look as a number"] = saga.Result[int](call, "look")
			return saga.Result[string](call, "look")
		}
		def := saga.Definition[trip]{Name: "Trip", Version: 1, Steps: []saga.Step[trip]{
			saga.ReadOnly("look", look, saga.StepOptions{}), saga.ReadOnly("pay", pay, saga.StepOptions{}),
		}}
		o := runOrchestrator(t, saga.Config{Store: memory.New(), Definitions: []saga.AnyDefinition{def}})
		_, err := o.Start(t.Context(), "Trip", "7", trip{City: "Bergen"})
		require.NoError(t, err)
		end, err := o.Wait(t.Context(), "Trip", "7")
		require.NoError(t, err)
		require.Equal(t, saga.StateCompleted, end.State)
		for step, reason := range map[string]string{
			"look": "not succeeded by now", "pay": "not succeeded by now", "bok": "no step of that name", "look as a number": "cannot unmarshal",
		} {
			require.ErrorIs(t, why[step], saga.ErrNoResult, step)
			require.ErrorContains(t, why[step], reason, step)
		}
	})
}
