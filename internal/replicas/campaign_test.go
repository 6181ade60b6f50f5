//go:build unix

package replicas_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/internal/pgtest"
	"github.com/skaldgo/skald/internal/proof"
	"github.com/skaldgo/skald/saga"
)

const (
	// startEvery is the rate at which each group gets sagas.
	startEvery = 80 * time.Millisecond
	// slack is what a takeover may take beyond two lease times.
	slack = time.Second
	// holdUp is how long a process that is frozen within a transaction can hold up the others: then the server ends its session.
	holdUp = 2 * time.Second
	// persistence is how often more is done when too little has come of what was done.
	persistence = 5
)

// seeded returns the seed of a run, which SKALD_SEED repeats. It decides what is done, not how processes are scheduled.
func seeded(t *testing.T) uint64 {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("SKALD_SEED"); text != "" {
		var err error
		seed, err = strconv.ParseUint(text, 10, 64)
		require.NoError(t, err, "SKALD_SEED")
	}
	t.Logf("SKALD_SEED=%d", seed)
	return seed
}

func parseRef(text string) (saga.Ref, error) {
	name, id, found := strings.Cut(text, "/")
	if !found {
		return saga.Ref{}, fmt.Errorf("%q is no Name/ID", text)
	}
	return saga.Ref{Name: name, ID: id}, nil
}

// TestProcessesThatAreKilledAndFrozenLoseNothingAndRepeatNothing does misfortunes to groups of three processes, each over
// a log of its own.
func TestProcessesThatAreKilledAndFrozenLoseNothingAndRepeatNothing(t *testing.T) {
	t.Parallel()
	const small = 8
	episodes, groups := proof.Count("EPISODES", small), 4
	if episodes <= small {
		groups = 2 // this runs beside the tests of other packages, and the processes need their turn in time
	}
	seed, url := seeded(t), server.URL(t)
	all, slowest := newTally(), time.Duration(0)
	var mu sync.Mutex
	t.Run("groups", func(t *testing.T) {
		for i := range groups {
			t.Run(strconv.Itoa(i), func(t *testing.T) {
				t.Parallel()
				random := rand.New(rand.NewPCG(seed, uint64(i)))
				mine := newTally()
				took := misfortunes(t, newGroup(t, newPlace(t, url, seed), random), (episodes+groups-1-i)/groups, mine)
				mu.Lock()
				defer mu.Unlock()
				all.add(mine)
				slowest = max(slowest, took)
			})
		}
	})
	if t.Failed() {
		return
	}
	f := all.figures
	t.Logf("slowest takeover %s, machine late by %s; %v %v", slowest, all.stall, f, all.parked)
	require.GreaterOrEqual(t, f["freezes"], int64(episodes))
	requireFloor(t, f, "freezes beyond a lease", episodes/4)
	requireFloor(t, f, "freezes that lost attempts", episodes/8)
	requireFloor(t, f, "kills that hit attempts", episodes/4)
	requireFloor(t, f, "lonely kills that hit attempts", episodes/8)
	requireFloor(t, f, "takeovers", episodes)
	requireFloor(t, f, "compensated", episodes)
	f["slowest takeover in ms"], f["machine late by ms"] = slowest.Milliseconds(), all.stall.Milliseconds()
	proof.Record(t, proof.Result{
		Part: "replicas", Figures: f, Kinds: all.parked,
		Notes: map[string]string{"seed": strconv.FormatUint(seed, 10), "lease": leaseTime.String()},
	})
}

// requireFloor keeps a campaign in which too little happened from passing.
func requireFloor(t *testing.T, figures map[string]int64, figure string, least int) {
	t.Helper()
	require.GreaterOrEqual(t, figures[figure], int64(least), "void, too little happened to tell: %s", figure)
}

func (a *tally) add(other *tally) {
	for name, n := range other.figures {
		a.figures[name] += n
	}
	for name, n := range other.parked {
		a.parked[name] += n
	}
	a.stall = max(a.stall, other.stall)
	maps.DeleteFunc(a.parked, func(_ string, n int64) bool { return n == 0 })
}

// misfortunes freezes processes so many times and kills one for each freeze, half of them while nothing else happens. It
// returns the slowest takeover after one of those.
func misfortunes(t *testing.T, g *group, freezes int, all *tally) time.Duration {
	d := newDriver(t, g)
	for range 3 {
		g.join()
	}
	g.awaitReady()
	end := d.begin(startEvery)
	lease := g.place.Lease
	for done := 0; done < freezes; {
		deck := []func(){func() { g.someone().kill(g.moment(0, lease), false) }, g.lonelyKill}
		for range min(4, freezes-done) {
			deck = append(deck, func() { g.someone().freeze(g.moment(lease/2, 5*lease)) })
			done++
		}
		g.random.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
		for _, strike := range deck {
			g.let(g.moment(lease, 3*lease))
			strike()
		}
	}
	g.insist(d)
	g.settle()
	end()
	c := g.judge(d, all)
	return g.requireQuickTakeovers(c, all)
}

// insist freezes processes until one has lost attempts by that. A slow machine often freezes them in the middle of an append, and
// the others cannot go on with anything before the server has ended it.
func (g *group) insist(d *driver) {
	for range persistence {
		if g.chronicle(d).outrun(g.lives()) > 0 {
			return
		}
		length := holdUp + 3*g.place.Lease
		g.someone().freeze(length)
		g.let(length + g.place.Lease)
	}
}

// lonelyKill kills a process of a group that has come to rest, and leaves the others to it.
func (g *group) lonelyKill() {
	g.settle()
	g.let(2 * g.place.Lease)
	m := g.someone()
	killed := m.life
	g.lateness = 0
	m.kill(g.moment(0, 3*g.place.Lease), true)
	g.let(2*g.place.Lease + slack/2)
	killed.stall = g.lateness
}

// requireQuickTakeovers checks that after a kill with nothing else going on, the next process went on with every saga
// within two lease times and a second, from the last event of the one that was killed. What the machine was late with waking
// the test itself is added: on one that is overloaded nothing can be told.
func (g *group) requireQuickTakeovers(c *chronicle, all *tally) (slowest time.Duration) {
	g.t.Helper()
	for pid, l := range g.lives() {
		if !l.alone {
			continue
		}
		hit := c.between(pid, l.killed, l.killed.Add(patience))
		for _, taken := range hit {
			took := taken.at.Sub(c.last[pid])
			slowest = max(slowest, took)
			require.LessOrEqual(g.t, took, 2*g.place.Lease+slack+l.stall,
				"%s was taken over too late, at %s by %d, after a kill of %d at %s", taken.ref, taken.at, taken.to, pid, l.killed)
		}
		all.stall = max(all.stall, l.stall)
		if len(hit) > 0 {
			all.figures["lonely kills that hit attempts"]++
		}
	}
	return slowest
}

func TestAProcessThatIsAddedGetsItsPartOfTheSagas(t *testing.T) {
	t.Parallel()
	const sagas = 120
	seed := seeded(t)
	g := newGroup(t, newPlace(t, server.URL(t), seed), rand.New(rand.NewPCG(seed, 0)))
	d := newDriver(t, g)
	g.join()
	for processes := 2; processes <= 3; processes++ {
		g.join()
		g.awaitReady()
		g.let(5 * leaseTime) // what is given away is handed over within the grace of a stop
		from := time.Now()
		d.burst(sagas)
		shares := g.sharesFrom(d, from)
		require.Len(t, shares, processes)
		for _, share := range shares {
			require.Greater(t, share, sagas/processes/3, "a third of a fair part, of %v", shares)
		}
	}
	g.judge(d, newTally())
}

// sharesFrom returns how many of the sagas that were started from an instant on each process has, once all have one.
func (g *group) sharesFrom(d *driver, from time.Time) map[int]int {
	for {
		if shares := g.chronicle(d).shares(from, time.Now()); shares[0] == 0 {
			return shares
		}
		g.let(100 * time.Millisecond)
	}
}

// TestTheServerStopsAtOnceWhileProcessesAreKilled stops PostgreSQL without warning, again and again, and kills a process
// shortly before or after.
func TestTheServerStopsAtOnceWhileProcessesAreKilled(t *testing.T) {
	t.Parallel()
	const small = 2
	stops := proof.Count("PGSTOPS", small)
	seed, lease := seeded(t), leaseTime
	cluster, err := pgtest.New(t.Context(), "fsync = off", "full_page_writes = off")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, cluster.Remove(context.Background())) })
	g := newGroup(t, newPlace(t, cluster.URL(), seed), rand.New(rand.NewPCG(seed, 1)))
	d, all := newDriver(t, g), newTally()
	for range 3 {
		g.join()
	}
	g.awaitReady()
	end := d.begin(startEvery)
	for n := 0; n < stops || n < stops+persistence && len(g.chronicle(d).takeovers) < stops/2; n++ {
		g.let(g.moment(lease/2, 3*lease/2))
		early, late := g.moment(0, lease/4), g.moment(0, lease/4)
		g.mayEnd = true
		if g.random.IntN(2) == 0 {
			g.someone().kill(g.moment(0, lease), false)
			g.let(early)
			require.NoError(t, cluster.Kill(t.Context()))
		} else {
			require.NoError(t, cluster.Kill(t.Context()))
			g.let(early)
			g.someone().kill(g.moment(0, lease), false)
		}
		all.figures["stops of the server"]++
		g.let(late)
		require.NoError(t, cluster.Start(t.Context()))
		g.let(lease)
		g.settle()
		g.mayEnd = false
	}
	end()
	g.judge(d, all)
	f := all.figures
	t.Logf("%v %v", f, all.parked)
	requireFloor(t, f, "stops of the server", stops)
	requireFloor(t, f, "kills", stops-stops/4-1) // one may have ended by itself in this moment
	requireFloor(t, f, "takeovers", stops/2)
	requireFloor(t, f, "starts acknowledged", 5*stops)
	proof.Record(t, proof.Result{
		Part: "server-stops", Figures: f, Kinds: all.parked,
		Notes: map[string]string{"seed": strconv.FormatUint(seed, 10), "lease": leaseTime.String()},
	})
}
