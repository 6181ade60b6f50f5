package sagatest_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/sagatest"
)

func found(context.Context, saga.Call[parcel]) (string, bool, error) { return "", false, nil }

// lines is a saga whose branches can be asked.
func lines() saga.Definition[parcel] {
	once := saga.StepOptions{Retry: saga.RetryPolicy{MaximumAttempts: 1}}
	return saga.Definition[parcel]{Name: "Lines", Version: 1, Steps: []saga.Step[parcel]{
		saga.ReadOnly("look", answered[parcel], once),
		saga.Parallel("book",
			saga.WithProbe(saga.Compensable("ship", answered[parcel], undone, once), found),
			saga.WithProbe(saga.Compensable("train", answered[parcel], undone, once), found)).Limit(2),
		saga.Compensable("bill", answered[parcel], undone, once),
	}}
}

func TestBranchesOfAGroupAndTheirProbesAreScripted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := sagatest.NewRecorder().On("ship", sagatest.TimesOut()).OnProbe("ship", sagatest.Succeeds("berth 7"))
		r.On("train", sagatest.Fails("line busy")).OnProbe("train", sagatest.FindsNothing())
		scripted := sagatest.Scripted(lines(), r)
		require.Equal(t, saga.DefinitionHash("Lines", 1, lines().Plan()), saga.DefinitionHash("Lines", 1, scripted.Plan()))
		o := sagatest.RunOrchestrator(t, saga.Config{Definitions: []saga.AnyDefinition{scripted}})
		_, err := o.Start(t.Context(), "Lines", "1", parcel{})
		require.NoError(t, err)
		end, err := o.Wait(t.Context(), "Lines", "1")
		require.NoError(t, err)
		require.Equal(t, saga.StateFailed, end.State)
		inst, err := o.Load(t.Context(), "Lines", "1")
		require.NoError(t, err)
		require.JSONEq(t, `"berth 7"`, string(inst.Steps()[1].Result))
		asked := map[string]bool{}
		for _, call := range r.Calls() {
			asked[call.String()] = true
		}
		require.Contains(t, asked, "probe of ship, attempt 2")
		require.Contains(t, asked, "probe of train, attempt 2")
		require.Contains(t, asked, "compensation of ship, attempt 1")
	})
}

func TestOneBranchOfAGroupIsScriptedAndTheOthersKeepTheirFunctions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := sagatest.NewRecorder().On("train", sagatest.Succeeds("seat 12"))
		o := sagatest.RunOrchestrator(t, saga.Config{Definitions: []saga.AnyDefinition{sagatest.Scripted(lines(), r, "train")}})
		_, err := o.Start(t.Context(), "Lines", "1", parcel{})
		require.NoError(t, err)
		_, err = o.Wait(t.Context(), "Lines", "1")
		require.NoError(t, err)
		inst, err := o.Load(t.Context(), "Lines", "1")
		require.NoError(t, err)
		require.JSONEq(t, `"x"`, string(inst.Steps()[1].Result))
		require.JSONEq(t, `"seat 12"`, string(inst.Steps()[2].Result))
		require.Len(t, r.Calls(), 1)
	})
}
