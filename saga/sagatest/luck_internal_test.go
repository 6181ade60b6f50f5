package sagatest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

func TestEveryPointHasLuckOfItsOwn(t *testing.T) {
	points := []point{
		{of: ofAttempt, saga: 1, step: "pay", attempt: 1}, {of: ofAttempt, saga: 1, step: "pay", attempt: 2},
		{of: ofAttempt, saga: 1, step: "pay", attempt: 1, dir: saga.Compensation}, {of: ofAttempt, saga: 2, step: "pay", attempt: 1},
		{of: ofAttempt, saga: 1, step: "ship", attempt: 1}, {of: ofAppend, saga: 1, event: "SagaStarted", nth: 1},
		{of: ofOrphan, saga: 1, event: "SagaStarted", nth: 1}, {of: ofAppend, saga: 1, event: "SagaStarted", nth: 2},
		{of: ofAppend, saga: 1, event: "StepStarted", step: "pay", attempt: 1, nth: 1}, {of: ofRead, saga: 1, node: 1, nth: 1},
		{of: ofRead, saga: 1, node: 2, nth: 1}, {of: ofLate, saga: 1, node: 1, nth: 1}, {of: ofIndex, node: 1, nth: 1},
		{of: ofLife, node: 1, nth: 1}, {of: ofStrike, event: faultCrash, nth: 1}, {of: ofStrike, event: faultClock, nth: 1},
		{of: ofLease, node: 1, nth: 1}, {of: ofLease, node: 2, nth: 1},
	}
	names, draws := map[string]bool{}, map[uint64]bool{}
	for _, p := range points {
		names[p.String()] = true
		for seed := range uint64(3) {
			l, again := p.luck(seed), p.luck(seed)
			drawn := l.next()
			require.Equal(t, drawn, again.next(), "the same point of the same seed has the same luck")
			draws[drawn] = true
		}
	}
	require.Len(t, names, len(points), "no two points have the same name")
	require.Len(t, draws, 3*len(points))
}

func TestLuckIsSpreadEvenly(t *testing.T) {
	l := (&point{of: ofSeed}).luck(1)
	sum, heads, lots := 0.0, 0, [7]int{}
	for range 7000 {
		share := l.share()
		require.True(t, share >= 0 && share < 1)
		sum += share
		if l.coin() {
			heads++
		}
		lots[l.below(7)]++
		require.Less(t, l.upTo(time.Second), time.Second)
	}
	require.InDelta(t, 3500, sum, 150)
	require.InDelta(t, 3500, heads, 200)
	for _, n := range lots {
		require.InDelta(t, 1000, n, 150)
	}
}

// What is left out must change nothing for what is left, or a failure could not be cut down.
func TestAFaultThatIsLeftOutLeavesTheOthersAlone(t *testing.T) {
	st, err := newStage()
	require.NoError(t, err)
	defer st.crew.dismiss()
	fresh := shapes()[0].fresh
	kept, others := 0, 0
	for seed := range uint64(60) {
		all := simulate(st, fresh, seed, Seeds{Sagas: 3}, false)
		require.NoError(t, all.err)
		again := simulate(st, fresh, seed, Seeds{Sagas: 3, Only: points(all.faults)}, false)
		require.Equal(t, all.hash, again.hash, "all of them are as good as no list")
		if len(all.faults) < 2 {
			continue
		}
		rest := simulate(st, fresh, seed, Seeds{Sagas: 3, Only: points(all.faults[1:])}, false)
		require.NoError(t, rest.err)
		happened := map[thrown]bool{}
		for _, f := range rest.faults {
			happened[f] = true
		}
		for _, f := range all.faults[1:] {
			others++
			if happened[f] {
				kept++
			}
		}
	}
	require.Greater(t, kept, others*8/10, "of %d", others)
}

func TestACaseIsRefusedWhenItsNextVersionIsNone(t *testing.T) {
	for name, change := range map[string]func(*Case[goods]){
		"is not a later one": func(c *Case[goods]) { c.Next = c.Definition },
		"of another name":    func(c *Case[goods]) { c.Next = c.Definition; c.Next.Name, c.Next.Version = "Other", 2 },
		"has faults":         func(c *Case[goods]) { c.Next.Name, c.Next.Version = c.Definition.Name, 2 },
	} {
		t.Run(name, func(t *testing.T) {
			c := allCompensable()
			change(&c)
			_, err := c.subject()
			require.ErrorContains(t, err, "next version")
		})
	}
}
