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
