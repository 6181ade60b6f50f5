package order_test

import (
	"path/filepath"
	"runtime/debug"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/examples/order-fulfillment/order"
	"github.com/skaldgo/skald/internal/proof"
	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/sagatest"
)

// onMemory makes the saga of the shop over services with books in memory, which steps may replace in part.
func onMemory(steps func(*memory) order.Steps) func() sagatest.Case[order.Order] {
	return func() sagatest.Case[order.Order] {
		m, o := newMemory(), sound("1")
		return sagatest.Case[order.Order]{
			Definition: order.Definition(steps(m), order.Options{}),
			Data:       o,
			Invariant: func(end *saga.Instance) error {
				return m.balance(o, end.State() == saga.StateCompleted)
			},
		}
	}
}

func asTheyAre(m *memory) order.Steps { return m }

// Every failure at every point, and every pair of them: SKALD_PROOF_PAIRS=1 tries all pairs, otherwise one in SKALD_PROOF_ONE_IN, forty.
func TestExploreFindsNoTwoFailuresThatAnOrderDoesNotSurvive(t *testing.T) {
	// What a run leaves behind is small and soon forgotten: to collect it less often takes a third off the time.
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	options := sagatest.Options{OneIn: proof.Count("ONE_IN", 40)}
	if proof.Count("PAIRS", 0) > 0 {
		options.OneIn = 1
	}
	r := sagatest.Explore(t, onMemory(asTheyAre), options)
	require.NoError(t, r.Err)
	require.True(t, r.Complete, "the exploration came to its end")
	require.Positive(t, r.Completed, "void: no order was fulfilled")
	require.Positive(t, r.Parked, "void: nothing was ever parked")
	require.Greater(t, 20*r.Failed, r.Runs, "void: hardly an order was undone")
	require.Len(t, r.Kinds, 14, "void: some kind of failure never happened")
	kinds := map[string]int64{}
	for kind, n := range r.Kinds {
		kinds[string(kind)] = int64(n)
	}
	proof.Record(t, proof.Result{
		Part: "exploration",
		Figures: map[string]int64{
			"runs": int64(r.Runs), "completed": int64(r.Completed), "compensated": int64(r.Failed),
			"parked": int64(r.Parked), "points": int64(r.Points), "single failures": int64(r.Singles),
			"pairs": int64(r.Pairs), "one pair in": int64(options.OneIn),
		},
		Kinds: kinds,
	})
}

// The services of the shop themselves, over files. Their books are checked by the shop's own check.
func TestAnOrderOverTheRealServicesSurvivesEveryFailure(t *testing.T) {
	var services *order.Services
	closeLast := func() {
		if services != nil {
			require.NoError(t, services.Close())
		}
	}
	defer func() { closeLast() }()
	dir, o := t.TempDir(), sound("1")
	opened := 0
	r := sagatest.Explore(t, func() sagatest.Case[order.Order] {
		closeLast()
		opened++
		var err error
		services, err = order.Open(t.Context(), order.Config{
			Path: filepath.Join(dir, strconv.Itoa(opened)+".db"), Products: order.Catalogue()[:5],
		})
		require.NoError(t, err)
		return sagatest.Case[order.Order]{
			Definition: order.Definition(services, order.Options{}), Data: o,
			Invariant: func(end *saga.Instance) error {
				report, err := services.CheckOutcomes(t.Context(), map[string]bool{o.ID: end.State() == saga.StateCompleted})
				if err != nil {
					return err
				}
				return report.Err()
			},
		}
	}, sagatest.Options{SinglesOnly: true})
	require.NoError(t, r.Err)
	require.True(t, r.Complete)
	require.Positive(t, r.Completed)
	require.Positive(t, r.Failed)
}
