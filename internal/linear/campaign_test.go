package linear_test

import (
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/internal/pgtest"
	"github.com/skaldgo/skald/internal/proof"
)

// The least that makes a history count.
const (
	leastCalls = 500
	leastRate  = 100 // calls a second
	killEvery  = 5   // histories in PostgreSQL of which one has its server killed
)

// newRun takes between 8 and 16 clients, by the seed.
func newRun(seed uint64) *run {
	rnd := rand.New(rand.NewPCG(seed, 0))
	return &run{
		history: newHistory(), seed: seed, clients: 8 + rnd.IntN(9), least: leastCalls + rnd.IntN(200),
		faults: map[int]func() error{},
	}
}

// tally adds up what the runs of a campaign did.
type tally struct {
	histories, calls int64
	counts           map[outcome]int64
	took             time.Duration
	struck           kinds
}

// explain makes a history, and requires that it has an explanation.
func (y *tally) explain(t *testing.T, r *run) {
	t.Helper()
	began := time.Now()
	require.NoError(t, r.drive(t.Context()), "seed %d", r.seed)
	y.took += time.Since(began)
	r.require(t)
	require.GreaterOrEqual(t, len(r.ops), leastCalls)
	y.struck.contexts.Add(r.ended.Load())
	y.histories++
	y.calls += int64(len(r.ops))
	for kind, n := range r.counts {
		y.counts[kind] += n
	}
}

// TestLinearizability makes its own server, since it kills it.
func TestLinearizability(t *testing.T) {
	y := &tally{counts: map[outcome]int64{}}
	cluster, err := pgtest.New(t.Context(), "fsync = off", "full_page_writes = off")
	require.NoError(t, err)
	defer func() { require.NoError(t, cluster.Remove(t.Context())) }()
	for i := range proof.Count("HISTORIES", 6) {
		seed := uint64(i + 1)
		t.Run(strconv.Itoa(i+1), func(t *testing.T) {
			if i%2 == 0 {
				y.explain(t, inSQLite(t, seed, &y.struck))
				return
			}
			r := inPostgres(t, cluster.URL(), seed, &y.struck)
			if i/2%killEvery == 0 {
				r.kill(cluster, &y.struck)
			}
			y.explain(t, r)
		})
	}
	y.report(t)
}

// report fails a campaign in which too little happened, and hands over what did.
func (y *tally) report(t *testing.T) {
	t.Helper()
	struck := map[string]int64{
		"context ended": y.struck.contexts.Load(), "store closed and opened again": y.struck.reopened.Load(),
		"session terminated": y.struck.terminated.Load(), "server killed": y.struck.killed.Load(),
	}
	for kind, n := range struck {
		require.NotZero(t, n, "the campaign is void: no %s", kind)
	}
	for kind, n := range map[string]outcome{"stored": stored, "conflict": conflict, "unknown": unknown, "read": read} {
		require.NotZero(t, y.counts[n], "the campaign is void: no call was answered by: %s", kind)
	}
	rate := int64(float64(y.calls) / y.took.Seconds())
	require.GreaterOrEqual(t, rate, int64(leastRate), "the campaign is void: %d calls took %s", y.calls, y.took)
	result := proof.Result{
		Part: "linearizability",
		Figures: map[string]int64{
			"histories": y.histories, "calls": y.calls, "calls a second": rate,
			"appends acknowledged": y.counts[stored], "conflicts": y.counts[conflict], "unknown": y.counts[unknown],
			"reads": y.counts[read], "illegal": 0, "undecided": 0, // any of them fails
		},
		Kinds: struck,
	}
	t.Logf("%+v", result)
	proof.Record(t, result)
}
