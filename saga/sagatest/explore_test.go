package sagatest_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/sagatest"
)

type order struct{ Item string }

// books makes the functions of a step over a ledger.
func do(l *sagatest.Ledger) func(context.Context, saga.Call[order]) (string, error) {
	return func(_ context.Context, call saga.Call[order]) (string, error) {
		return sagatest.Apply(l, call, call.Step+" of "+call.Data.Item)
	}
}

func undo(l *sagatest.Ledger) func(context.Context, saga.Call[order], *string) error {
	return func(_ context.Context, call saga.Call[order], _ *string) error { return sagatest.Undo(l, call) }
}

func fourSteps() sagatest.Case[order] {
	l := sagatest.NewLedger()
	var steps []saga.Step[order]
	for _, name := range []string{"reserve_inventory", "process_payment", "create_shipment", "send_confirmation"} {
		steps = append(steps, saga.Compensable(name, do(l), undo(l), saga.StepOptions{}))
	}
	return sagatest.Case[order]{
		Definition: saga.Definition[order]{Name: "OrderFulfillment", Version: 1, Steps: steps},
		Data:       order{Item: "lamp"}, Ledger: l,
	}
}

func withPivot() sagatest.Case[order] {
	l := sagatest.NewLedger()
	look := func(context.Context, saga.Call[order]) (string, error) { return "in stock", nil }
	return sagatest.Case[order]{
		Definition: saga.Definition[order]{Name: "Trip", Version: 1, Steps: []saga.Step[order]{
			saga.ReadOnly("look", look, saga.StepOptions{}),
			saga.Compensable("hold", do(l), undo(l), saga.StepOptions{CompensateOnFailure: true}),
			saga.Pivot("pay", do(l), saga.StepOptions{Retry: saga.RetryPolicy{MaximumAttempts: 2}}),
			saga.Retriable("ticket", do(l), saga.StepOptions{Retry: saga.RetryPolicy{MaximumAttempts: 3}}),
		}},
		Data: order{Item: "Bergen"}, Ledger: l,
	}
}

func TestASagaThatIsRightSurvivesEveryPairOfFailures(t *testing.T) {
	for name, factory := range map[string]func() sagatest.Case[order]{
		"four compensable steps": fourSteps, "a pivot between a compensable and a retriable step": withPivot,
	} {
		t.Run(name, func(t *testing.T) {
			report := sagatest.Explore(t, factory, sagatest.Options{})
			require.NoError(t, report.Err)
			require.True(t, report.Complete)
			require.Positive(t, report.Completed)
			require.Positive(t, report.Failed)
			require.Positive(t, report.Parked)
			t.Logf("%+v", report)
		})
	}
}
