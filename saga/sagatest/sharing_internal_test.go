package sagatest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Leases are what orchestrators are to be kept apart by, so that as long as nothing goes wrong none of them meets another.
func TestWithHonestLeasesAndNoFaultsNothingIsTriedTwice(t *testing.T) {
	st, err := newStage()
	require.NoError(t, err)
	defer st.crew.dismiss()
	shared, handed := 0, 0
	for seed := range uint64(80) {
		s := shapes()[seed%3]
		r := simulate(st, s.fresh, seed, Seeds{Sagas: 6, Orchestrators: 2 + int(seed%2), Only: []string{}}, false)
		require.NoError(t, r.err, "seed %d", seed)
		require.Empty(t, r.faults)
		if r.shared {
			shared++
			require.Zero(t, r.conflicts+r.doubles, "seed %d", seed)
			handed += r.marks["a shard handed over"]
		}
	}
	require.Greater(t, shared, 25)
	require.Positive(t, handed, "void: no shard was ever handed over")
}

// A seed that is not shared is what it was before there were leases: what is drawn for them is drawn from elsewhere.
func TestWhatIsDrawnForLeasesChangesNothingElse(t *testing.T) {
	shared := 0
	for seed := range uint64(200) {
		d, before := newDice(seed, nil), newDice(seed, nil)
		if d.sharing(3) == nil {
			require.Equal(t, before.rates, d.rates)
			continue
		}
		shared++
		for i, list := range d.rates.all() {
			for j, k := range list {
				if k.rate > 0 {
					require.Equal(t, before.rates.all()[i][j], k)
				}
			}
		}
	}
	require.InDelta(t, 100, shared, 25)
	require.Nil(t, newDice(1, nil).sharing(1), "one alone shares with nobody")
}

func TestRenewalsAreSkippedWhileNothingElseHappens(t *testing.T) {
	var q queue
	noon := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	var order []string
	happens := func(what string) func() { return func() { order = append(order, what) } }
	q.addChore(noon.Add(3*time.Second), happens("later renewal"))
	q.addChore(noon.Add(time.Second), happens("renewal"))
	require.Zero(t, q.postpone(noon), "there is nothing else")
	q.add(noon.Add(2*time.Hour), happens("last"))
	q.add(noon.Add(time.Hour), happens("retry"))
	require.Equal(t, time.Hour, q.postpone(noon))
	var at []time.Duration
	for len(q.items) > 0 {
		next, _ := q.next()
		at = append(at, next.at.Sub(noon))
		next.happen()
	}
	require.Equal(t, []string{"retry", "renewal", "later renewal", "last"}, order)
	require.Equal(t, []time.Duration{time.Hour, time.Hour + time.Second, time.Hour + 3*time.Second, 2 * time.Hour}, at)
	require.Zero(t, q.chores)
}
