package sagatest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/internal/proof"
	"github.com/skaldgo/skald/saga"
)

// The campaign counts seeds in which at least so many faults have happened; others come on top.
const (
	manyFaults    = fewestFaults
	campaignSagas = 3
	maxRounds     = 20
)

// turns are the shapes in the order of the seeds: those whose sagas take longest come less often. There are seventeen, so
// that each shape is among the seeds that are run twice.
var turns = [...]int{0, 1, 2, 3, 0, 1, 2, 0, 1, 2, 0, 1, 2, 4, 0, 1, 2}

// longest is the shape that takes ten times as long as most, and how often its turn comes.
const longest, itsTurn = 5, 3 * len(turns)

// turn returns the shape of a seed.
func turn(seed uint64) int {
	if seed%uint64(itsTurn) == 7 {
		return longest
	}
	return turns[seed%uint64(len(turns))]
}

// campaign runs many seeds of several shapes of saga, on all processors.
type campaign struct {
	shapes  []shape
	results []outcome // of the seeds from the first on
	first   uint64
}

// outcome is what is kept of a result.
type outcome struct {
	hash   [sha256.Size]byte
	many   bool
	failed *wrong
}

type wrong struct {
	shape shape
	err   error
}

// tally adds up what one worker has seen.
type tally struct {
	figures map[string]int64
	kinds   map[string]int64
	marks   map[string]int
}

// It is the proof by simulation: sagas of several shapes, each seed with faults of its own. One seed of a hundred is run
// twice and must give the same log.
func TestSimulationsOfSeveralShapesOfSaga(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(800)) // each world is garbage as soon as it is checked
	wanted := proof.Count("SEEDS", 600)
	c := &campaign{shapes: shapes(), first: firstSeed(t)}
	total := &tally{figures: map[string]int64{}, kinds: map[string]int64{}, marks: map[string]int{}}
	many := 0
	for round := 0; many < wanted && round < maxRounds; round++ {
		missing := wanted - many
		c.run(t, missing+missing/4+8, total)
		many = 0
		for _, o := range c.results {
			if o.many {
				many++
			}
		}
	}
	hash := sha256.New()
	for _, o := range c.results {
		hash.Write(o.hash[:])
	}
	total.figures["seeds"] = int64(len(c.results))
	total.figures["seeds with 40 faults or more"] = int64(many)
	t.Logf("%d seeds from %d on, log hash %x", len(c.results), c.first, hash.Sum(nil))
	t.Log(total.figures, total.kinds, total.marks)
	total.demand(t, wanted, many)
	kinds := maps.Clone(total.kinds)
	for what, n := range total.marks {
		kinds["came about: "+what] = int64(n)
	}
	proof.Record(t, proof.Result{
		Part: "simulation", Figures: total.figures, Kinds: kinds,
		Notes: map[string]string{
			"first seed": strconv.FormatUint(c.first, 10), "log hash": hex.EncodeToString(hash.Sum(nil)),
			"shapes": strconv.Itoa(len(c.shapes)), "sagas per seed": strconv.Itoa(campaignSagas),
		},
	})
}

// firstSeed returns the number in SKALD_SEED, else 1.
func firstSeed(t *testing.T) uint64 {
	text := os.Getenv("SKALD_SEED")
	if text == "" {
		return 1
	}
	seed, err := strconv.ParseUint(text, 10, 63)
	require.NoError(t, err, "SKALD_SEED is a whole number, the first seed")
	return max(seed, 1)
}

// run runs so many further seeds, and fails the test at the first of them that goes wrong.
func (c *campaign) run(t *testing.T, count int, total *tally) {
	from := len(c.results)
	c.results = append(c.results, make([]outcome, count)...)
	var next atomic.Int64
	var broken atomic.Bool
	var mu sync.Mutex
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			mine := &tally{figures: map[string]int64{}, kinds: map[string]int64{}, marks: map[string]int{}}
			st, err := newStage()
			if err != nil {
				t.Error(err)
				return
			}
			defer st.crew.dismiss()
			for i := int(next.Add(1)) - 1; i < count && !broken.Load(); i = int(next.Add(1)) - 1 {
				o := c.seed(st, c.first+uint64(from+i), mine)
				c.results[from+i] = o
				if o.failed != nil {
					broken.Store(true)
				}
			}
			mu.Lock()
			defer mu.Unlock()
			total.add(mine)
		})
	}
	workers.Wait()
	for i, o := range c.results {
		if o.failed != nil {
			o.failed.shape.show(t, c.first+uint64(i))
			t.Fatalf("seed %d of the shape %q goes wrong: %s", c.first+uint64(i), o.failed.shape.name, o.failed.err)
		}
	}
}

// seed runs one seed, of the shape whose turn it is.
func (c *campaign) seed(st *stage, seed uint64, mine *tally) outcome {
	s := c.shapes[turn(seed)]
	seeds := Seeds{Sagas: campaignSagas}
	r := simulate(st, s.fresh, seed, seeds, false)
	if r.err == nil && seed%100 == 0 {
		mine.figures["seeds run twice"]++
		if again := simulate(st, s.fresh, seed, seeds, false); !bytes.Equal(r.hash, again.hash) {
			r.err = fmt.Errorf("the second run gave the log hash %x, the first %x", again.hash, r.hash)
		}
	}
	mine.take(r, s.name)
	o := outcome{hash: [sha256.Size]byte(r.hash), many: len(r.faults)-r.renewals() >= manyFaults}
	if r.err != nil {
		o.failed = &wrong{s, r.err}
	}
	return o
}

// renewals counts the calls of the lease service that went wrong: they are too many and too harmless to make a seed one
// with many faults.
func (r *result) renewals() int {
	n := 0
	for _, f := range r.faults {
		if f.point.of == ofLease {
			n++
		}
	}
	return n
}

func (y *tally) take(r result, shape string) {
	y.figures["seeds of the shape: "+shape]++
	y.figures["faults"] += int64(len(r.faults))
	y.figures["events"] += int64(r.events)
	y.figures["sagas"] += int64(r.completed + r.failed + r.setAside)
	y.figures["completed"] += int64(r.completed)
	y.figures["compensated"] += int64(r.failed)
	y.figures["set aside"] += int64(r.setAside)
	y.figures["parked"] += int64(r.parks)
	y.figures["redrives"] += int64(r.redriven)
	y.figures["migrated"] += int64(r.migrated)
	if r.shared {
		y.figures["seeds that share by leases"]++
	}
	kinds := map[string]bool{}
	for _, f := range r.faults {
		y.kinds[f.kind]++
		kinds[f.kind] = true
	}
	switch len(kinds) {
	case 0:
		y.figures["seeds without a fault"]++
	case 1:
		y.figures["seeds with one kind of fault"]++
	}
	for what, n := range r.marks {
		y.marks[what] += n
	}
}

func (y *tally) add(other *tally) {
	for what, n := range other.figures {
		y.figures[what] += n
	}
	for what, n := range other.kinds {
		y.kinds[what] += n
	}
	for what, n := range other.marks {
		y.marks[what] += n
	}
}

// demand fails a campaign in which too little happened.
func (y *tally) demand(t *testing.T, wanted, many int) {
	require.GreaterOrEqual(t, many, wanted, "seeds with %d faults or more", manyFaults)
	if wanted < 500 {
		return // too few to demand anything of what chance brings
	}
	rates := highestRates()
	for _, list := range slices.Concat(rates.all(), rates.shared(), [][]rated{rates.signals, rates.children, rates.words, rates.migrations}) {
		for _, k := range list {
			require.Positive(t, y.kinds[k.kind], "the campaign is void: no %s", k.kind)
		}
	}
	for _, what := range expectedMarks() {
		require.Positive(t, y.marks[what], "the campaign is void: never %s", what)
	}
	require.GreaterOrEqual(t, 20*y.figures["compensated"], y.figures["sagas"], "the campaign is void: too few compensated")
	require.Positive(t, y.figures["completed"])
	require.Positive(t, y.figures["redrives"])
	require.Positive(t, y.figures["seeds without a fault"])
	require.GreaterOrEqual(t, 4*y.figures["seeds that share by leases"], y.figures["seeds"], "the campaign is void: too few shared")
	require.Positive(t, y.figures["seeds with one kind of fault"])
}

// expectedMarks are what must come about in a campaign of some hundred seeds.
func expectedMarks() []string {
	marks := []string{
		"an operator with an old view was refused", "an unreadable saga set aside", "a restart from its index",
		"a success kept that came after the end",
		"a shard handed over", "a shard in other hands", "a shard in two hands", "a token that was behind",
		"leases found to have lapsed", "attempts that outlast the grace of a handover",
	}
	marks = append(marks, markBeside, markGivenUp, markTakenOver, markEarly, markSurplus, markDefault, markLapsed,
		markOverdue, markTooLate, markReminded)
	marks = append(marks, markChildBegun, markChildTakenOver, markChildCompleted, markChildFailed, markChildTerminated,
		markChildCancelled, markUndoneBySaga, markUndoneByCall)
	marks = append(marks, markResolved, markUndoResolved, markSkipped, markSkippedTried, markExtended, markRelieved, markPolicy)
	marks = append(marks, markMigrated, markMigratedOpen, markMigratedBack, markMigratedParked, markMigratedPaused, markMigratedChild,
		markMigratedBeyond, markMigrationNot, markMigrationDry, markMigrationAgain, markMigrationSlow)
	for _, reason := range []saga.ParkReason{
		saga.ParkedStillRunning, saga.ParkedPermanentError, saga.ParkedPivotUnknown, saga.ParkedRetriesUsedUp,
		saga.ParkedInterrupted,
	} {
		marks = append(marks, "parked: "+string(reason))
	}
	return marks
}
