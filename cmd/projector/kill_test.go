//go:build unix

package main_test

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore/sqlite"
	"github.com/skaldgo/skald/examples/order-fulfillment/order"
	"github.com/skaldgo/skald/internal/proof"
	"github.com/skaldgo/skald/saga"
)

const (
	seedVariable = "SKALD_SEED" // chooses the moments of an earlier run
	defaultKills = 25
	earliestKill = 20 * time.Millisecond // after dev has said that it is ready
	earlyKill    = 100 * time.Millisecond
	latestKill   = 1500 * time.Millisecond
	// drainBound is how long it may take until everything has come to rest at the end.
	drainBound = 4 * time.Minute
)

func TestADevKilledAtAnyMomentLosesNoStartAndEndsEverySaga(t *testing.T) {
	kills := proof.Count("KILLS", defaultKills)
	random, seed := seeded(t)
	data := keptWhenItFails(t)
	acks := filepath.Join(data, "acks")
	slowest := time.Duration(0)
	for n := range kills {
		slowest = max(slowest, liveAndDie(t, n, random, data, acks))
		if (n+1)%10 == 0 {
			t.Logf("killed %d times, %d starts acknowledged, ready after %s at most", n+1, len(acknowledged(t, acks)), slowest)
		}
	}
	h := requireUnharmed(t, data)
	ids := acknowledged(t, acks)
	h.requireStarted(t, ids)
	t.Logf("%d starts acknowledged, %d sagas: %d completed, %d failed, %d parked; %v", len(ids), len(h.sagas),
		len(h.in(saga.StateCompleted)), len(h.in(saga.StateFailed)), len(h.parked()), h.events)
	parked := h.parked()
	requireRedrivable(t, data, h)

	require.Greater(t, len(ids), 10*kills, "too little was started to tell")
	for _, kind := range []string{
		saga.TypeStepInterrupted, saga.TypeStepRetryScheduled, saga.TypeCompensationCompleted,
		saga.TypeCompensationInterrupted, saga.TypeSagaCompleted, saga.TypeSagaFailed,
	} {
		require.GreaterOrEqual(t, h.events[kind], kills/5, "too little happened to tell: %s", kind)
	}
	proof.Record(t, proof.Result{
		Part: "kills",
		Figures: map[string]int64{
			"kills": int64(kills), "starts acknowledged": int64(len(ids)), "sagas": int64(len(h.sagas)),
			"completed": int64(len(h.in(saga.StateCompleted))), "compensated": int64(len(h.in(saga.StateFailed))),
			"parked": int64(len(parked)), "slowest start in ms": slowest.Milliseconds(),
		},
		Kinds: h.eventCounts(),
		Notes: map[string]string{"seed": strconv.FormatUint(seed, 10)},
	})
}

// liveAndDie starts dev and kills it, and returns how long it took to be ready.
func liveAndDie(t *testing.T, n int, random *rand.Rand, data, acks string) (took time.Duration) {
	t.Helper()
	latest, faults := latestKill, "0.2"
	if n%10 > 5 { // kills in a row while much hangs, which interrupt the same attempts again and again
		latest, faults = earlyKill, "0.9"
	}
	if n%10 == 9 { // while it opens everything, or finds what is open
		startDev(t, data, "--rate", "0").killAfter(t, moment(random, 0, earlyKill))
	}
	if n%20 == 4 { // the read model is what can be lost at any time
		for _, end := range []string{"", "-wal", "-shm"} {
			require.NoError(t, os.Remove(filepath.Join(data, "readmodel.db"+end)))
		}
	}
	d := startDev(t, data, "--rate", "80/s", "--fail-rate", faults, "--ack-file", acks)
	began := time.Now()
	d.awaitReady(t)
	took = time.Since(began)
	if n%20 == 14 { // in the middle of a rebuild
		rebuild := start(t, "projections", "rebuild", "--data", data)
		defer rebuild.cut(t)
	}
	d.killAfter(t, moment(random, earliestKill, latest))
	return took
}

// number returns what a variable says, if it is set.
func number(t *testing.T, variable string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 63)
	require.NoError(t, err, variable)
	return n
}

// seeded returns randomness that is new in each run, and prints how to have it again.
func seeded(t *testing.T) (random *rand.Rand, seed uint64) {
	t.Helper()
	seed = number(t, seedVariable, uint64(time.Now().UnixNano()))
	t.Logf("the moments of this run: %s=%d", seedVariable, seed)
	return rand.New(rand.NewPCG(seed, 0)), seed
}

// moment draws a length of time.
func moment(random *rand.Rand, from, to time.Duration) time.Duration {
	return from + time.Duration(random.Int64N(int64(to-from)))
}

// keptWhenItFails returns a data directory that is removed unless the test fails.
func keptWhenItFails(t *testing.T) string {
	t.Helper()
	data, err := os.MkdirTemp("", "skald-data") //nolint:usetesting // t.TempDir goes with a failure, too
	require.NoError(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the data directory is kept: %s", data)
			return
		}
		require.NoError(t, os.RemoveAll(data))
	})
	return data
}

// acknowledged returns the ids whose start was acknowledged. A line without an end was cut off by a kill: nobody has been
// told of it.
func acknowledged(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	return wholeLines(string(text))
}

// requireStarted checks that every acknowledged start is in the log.
func (h *history) requireStarted(t *testing.T, ids []string) {
	t.Helper()
	for _, id := range ids {
		require.NotNil(t, h.sagas[saga.Ref{Name: order.Name, ID: id}], "the acknowledged start of %s is lost", id)
	}
}

// figures are those of dev that the tests look at.
type figures struct {
	Started      int     `json:"started"`
	Pending      int     `json:"pending"`
	Compensating int     `json:"compensating"`
	Completed    int     `json:"completed"`
	Failed       int     `json:"failed"`
	Parked       int     `json:"parked"`
	Stuck        int     `json:"stuck"`
	LagSeconds   float64 `json:"lag_seconds"`
}

func (f figures) open() int { return f.Started + f.Pending + f.Compensating }

// figuresOf reads the lines that dev -o jsonl has printed.
func figuresOf(t *testing.T, lines []string) []figures {
	t.Helper()
	all := make([]figures, len(lines))
	for i, line := range lines {
		require.NoError(t, json.Unmarshal([]byte(line), &all[i]), line)
	}
	return all
}

// bringToRest runs dev without new sagas until all that are open have ended or wait for a person, stops it in good order,
// and returns the log. Its figures may say so too early, when the read model lags: then dev runs again.
func bringToRest(t *testing.T, data string) (log *sqlite.Store, h *history) {
	t.Helper()
	for deadline := time.Now().Add(drainBound); ; {
		d := startDev(t, data, "--rate", "0", "--fail-rate", "0.2", "-o", "jsonl")
		d.awaitReady(t)
		d.await(t, d.stdout, time.Until(deadline), "to come to rest", func(text string) bool {
			all := figuresOf(t, wholeLines(text))
			if len(all) == 0 {
				return false
			}
			last := all[len(all)-1]
			return last.open() <= last.Parked && last.LagSeconds == 0
		})
		require.Zero(t, d.interrupt(t), "%s", d.stderr)
		store := openLog(t, data)
		if h = readHistory(t, store); len(h.open()) == 0 || time.Now().After(deadline) {
			return store, h
		}
	}
}

// requireUnharmed lets everything come to rest, and holds the log against its own rules, the books and the read model.
func requireUnharmed(t *testing.T, data string) *history {
	t.Helper()
	store, h := bringToRest(t, data)
	require.Empty(t, h.open())
	h.checkBooks(t, data)
	verifyLog(t, data, store, h)
	checkView(t, data, h)
	return h
}

// requireRedrivable lets parked sagas go on, which then have to end like all others.
func requireRedrivable(t *testing.T, data string, h *history) {
	t.Helper()
	const some = 10
	parked := h.parked()
	parked = parked[:min(len(parked), some)]
	for _, ref := range parked {
		mustProject(t, "sagas", "redrive", ref.String(), "--data", data, "--actor", "ada", "--reason", "the kills are over",
			"--revision", strconv.FormatInt(h.sagas[ref].Revision(), 10))
	}
	h = requireUnharmed(t, data)
	for _, ref := range parked {
		require.True(t, h.sagas[ref].State().Ended(), "%s was redriven and is %s", ref, h.sagas[ref].State())
	}
}
