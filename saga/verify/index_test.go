package verify_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/verify"
)

// A restart index that an orchestrator wrote keeps the rules, and one that leaves out an open saga does not.
func TestTheRestartIndexOfAnOrchestratorKeepsTheRules(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memory.New()
		defer store.Close()
		waits := func(_ context.Context, call saga.Call[goods]) (string, error) {
			if call.SagaID == "parked" {
				return "", errors.New("not yet")
			}
			return "x", nil
		}
		o, err := saga.New(saga.Config{Store: store, Definitions: []saga.AnyDefinition{saga.Definition[goods]{
			Name: "Mail", Version: 1, Steps: []saga.Step[goods]{saga.Retriable("send", waits, saga.StepOptions{})},
		}}})
		require.NoError(t, err)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- o.Run(ctx) }()
		_, err = o.Start(ctx, "Mail", "parked", goods{})
		require.NoError(t, err)
		for i := range 1100 {
			_, err = o.Start(ctx, "Mail", fmt.Sprint(i), goods{})
			require.NoError(t, err)
		}
		time.Sleep(time.Hour)
		stop()
		require.NoError(t, <-ended)
		require.Equal(t, 1, accept(t, store).Parked)

		log := stored(t, store)
		i := slices.IndexFunc(log, func(ev eventstore.RecordedEvent) bool { return ev.Type == saga.TypeOpenSagasRecorded })
		require.GreaterOrEqual(t, i, 0, "an index was written")
		require.Contains(t, string(log[i].Data), "parked")
		log[i].Data = fmt.Appendf(nil, `{"position":%q,"chunk":0,"last":true,"sagas":{}}`, log[i-1].Position)
		require.Contains(t, rules(check(t, log, verify.Config{})), "I2")
	})
}
