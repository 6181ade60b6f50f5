package projectorcli

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

func TestACancelledSagaThatIsParkedAtAnUnknownPivotIsToldToStayParked(t *testing.T) {
	buy := func(context.Context, saga.Call[int]) (int, error) { return 1, nil }
	once := saga.StepOptions{Retry: saga.RetryPolicy{MaximumAttempts: 1}}
	def := saga.Definition[int]{Name: "Ticket", Version: 1, Steps: []saga.Step[int]{saga.Pivot("buy", buy, once)}}
	ref, now, plan := saga.Ref{Name: "Ticket", ID: "7"}, time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC), def.Plan()
	in := saga.NewInstance(ref)
	for i, command := range []saga.Command{
		saga.StartSaga{
			Now: now, Ref: ref, Version: 1, DefinitionHash: saga.DefinitionHash("Ticket", 1, plan), Plan: plan, Data: []byte("1"), Go: true,
		},
		saga.RecordOutcome{Now: now, Step: "buy", Attempt: 1, Outcome: saga.Outcome{Kind: saga.FailedTransiently, Error: "lost"}},
		saga.Cancel{Actor: "ann", Reason: "called off", SeenRevision: saga.NotSeen},
	} {
		events, err := in.Decide(command)
		require.NoError(t, err)
		require.NotEmpty(t, events, i)
		for _, event := range events {
			in.Evolve(event)
		}
	}
	require.Contains(t, afterCancellation(in), "it stays parked")
}
