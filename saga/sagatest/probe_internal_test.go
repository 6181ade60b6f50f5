package sagatest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

func (d desk) ask(_ context.Context, call saga.Call[goods]) (string, bool, error) {
	return Ask[string](d.Ledger, call)
}

// probes asks at steps of every kind that can have a probe.
func probes() Case[goods] {
	d := desk{NewLedger()}
	twice := saga.StepOptions{Retry: saga.RetryPolicy{MaximumAttempts: 2}}
	return d.of("Transfer",
		saga.WithProbe(d.compensable("debit", twice), d.ask),
		saga.WithProbe(d.compensable("hold", saga.StepOptions{Timeout: time.Minute, TotalTimeout: 90 * time.Second}), d.ask),
		saga.WithProbe(saga.Pivot("credit", d.do, twice), d.ask),
		saga.WithProbe(saga.Retriable("notify", d.do, twice), d.ask),
	)
}

func TestSimulationsOfASagaWithProbes(t *testing.T) {
	r := Simulate(t, probes, Seeds{Count: 300, Sagas: 3})
	require.NoError(t, r.Err)
}

func TestEveryFailureOfASagaWithProbes(t *testing.T) {
	r := Explore(t, probes, Options{OneIn: 25})
	require.NoError(t, r.Err)
	require.NotZero(t, r.Parked)
}
