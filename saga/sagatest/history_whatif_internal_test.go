package sagatest

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

// Whatever simulations make of sagas, the definition that they ran by decides all of it again; one with a further step does
// not where the saga came to its end.
func TestEverySimulatedHistoryIsTheSameUnderItsOwnDefinition(t *testing.T) {
	st, err := newStage()
	require.NoError(t, err)
	defer st.crew.dismiss()
	seen := map[string]int64{}
	for _, factory := range []func() Case[goods]{allCompensable, pivotAndRetriable, everyLimit} {
		definition := factory().Definition
		definition.Version = 3 // above all that a simulation registers
		longer := definition
		longer.Steps = append(slices.Clone(definition.Steps), saga.ReadOnly("after", desk{}.look, saga.StepOptions{}))
		for seed := uint64(1); seed <= 40; seed++ {
			w := simulated(t, st, factory, seed)
			poisoned := map[saga.Ref]bool{}
			for _, c := range w.clients {
				poisoned[c.ref] = c.poisoned
			}
			completed := map[saga.Ref]bool{}
			for r, err := range saga.WhatIf(t.Context(), w.log, saga.WhatIfFilter{}, definition) {
				require.NoError(t, err)
				want := saga.WouldBeSame
				if poisoned[r.Ref] {
					want = saga.CannotRead
				}
				require.Equal(t, want, r.Verdict, "seed %d of %s: %s", seed, definition.Name, r)
				seen[r.Verdict.String()]++
				loaded, err := w.load(r.Ref)
				completed[r.Ref] = err == nil && loaded.Aggregate.State() == saga.StateCompleted
			}
			for r, err := range saga.WhatIf(t.Context(), w.log, saga.WhatIfFilter{}, longer) {
				require.NoError(t, err)
				require.Equal(t, completed[r.Ref], r.Verdict == saga.WouldDiffer, "seed %d of %s: %s", seed, definition.Name, r)
				seen["longer: "+r.Verdict.String()]++
			}
			w.close()
		}
	}
	t.Log(seen)
	for _, what := range []string{"same", "longer: same", "longer: would differ"} {
		require.NotZero(t, seen[what], "the campaign is void: no saga was %s in %v", what, seen)
	}
}

// simulated is a simulation that has come to its end, with its log.
func simulated(t *testing.T, st *stage, factory func() Case[goods], seed uint64) *sim {
	s := &sim{dice: newDice(seed, nil)}
	c := factory()
	c.Next = saga.Definition[goods]{} // a newer program has the same steps
	subject, err := c.subject()
	require.NoError(t, err)
	s.world, err = newSharedWorld(st, subject, s.dice, 2, s.dice.sharing(2))
	require.NoError(t, err)
	for number := 1; number <= 3; number++ {
		s.expectClient(number, time.Minute)
	}
	s.strikes()
	s.after(stormLength, s.calmDown)
	require.NoError(t, s.live())
	return s
}
