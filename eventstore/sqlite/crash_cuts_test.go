package sqlite

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/sqlite/internal/crashtest"
	"github.com/skaldgo/skald/internal/proof"
)

// seedVariable makes one run of the campaign again, alone.
const seedVariable = "SKALD_SEED"

func TestPowerCutsLoseNothingThatWasAcknowledged(t *testing.T) {
	campaign := crashtest.Campaign{Config: shipped(), Dir: t.TempDir(), Images: openImage}
	if text := os.Getenv(seedVariable); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		require.NoError(t, err, seedVariable)
		_, err = campaign.Run(seed)
		require.NoError(t, err)
		return
	}
	const first = 1
	runs, sum := cutPower(t, campaign.Run, first, int64(proof.Count("CUTS", 150)))
	requireSomethingHappened(t, sum)
	kinds := requireNoticed(t)
	maps.Copy(kinds, map[string]int64{
		"cut before the log was known to exist": sum.InCreation, "cut while the log was opened": sum.InOpening,
		"cut while a WAL was recovered": sum.InRecovery, "cut in a checkpoint": sum.InCheckpoints,
		"cut while the log was closed": sum.InClosing, "what was left was opened by the shipped store": sum.Images,
		"input or output error besides": sum.Disk.Errors, "store that stopped after an error": sum.FailedStores,
		"process killed, machine spared": sum.Disk.Kills, "unknown append that took effect late": sum.Late,
	})
	proof.Record(t, proof.Result{
		Part: "power-cuts",
		Figures: map[string]int64{
			"runs": runs, "cuts": sum.Disk.Cuts, "cuts with unsynced writes": sum.Disk.Unsynced,
			"writes dropped": sum.Disk.Dropped, "writes torn": sum.Disk.Torn, "directory changes dropped": sum.Disk.Entries,
			"acknowledged appends": sum.Acked, "repeats answered": sum.Repeated, "conflicts": sum.Conflicts,
			"unknown appends found applied": sum.Applied, "unknown appends found not applied": sum.Absent,
		},
		Kinds: kinds,
		Notes: map[string]string{"first seed": strconv.Itoa(first)},
	})
}

// openImage has the shipped store open the files that a power cut has left, and read the log.
func openImage(files map[string][]byte, check func([]crashtest.Stored) error) (err error) {
	dir, err := os.MkdirTemp("", "skald-image-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return err
		}
	}
	store, err := Open(context.Background(), Config{Path: filepath.Join(dir, "events.db")})
	if err != nil {
		return err
	}
	var log []crashtest.Stored
	for e, err := range store.ReadAll(context.Background(), eventstore.Position{}, eventstore.Forwards, eventstore.Filter{}) {
		if err != nil {
			return errors.Join(err, store.Close())
		}
		log = append(log, crashtest.Stored{
			Stream: e.Stream, Revision: e.Revision, Created: e.RecordedAt.UnixMicro(),
			Event: eventstore.EventData{ID: e.ID, Type: e.Type, Data: e.Data, Metadata: e.Metadata},
		})
	}
	return errors.Join(check(log), store.Close())
}

// cutPower makes runs, from a seed on, until the power was cut as often as asked. They share the processors.
func cutPower(t *testing.T, run func(seed uint64) (crashtest.Outcome, error), first uint64, asked int64,
) (runs int64, sum crashtest.Outcome) {
	t.Helper()
	var mu sync.Mutex
	var failed error
	next := func() (seed uint64, more bool) {
		mu.Lock()
		defer mu.Unlock()
		runs++
		return first + uint64(runs) - 1, failed == nil && sum.Disk.Cuts < asked
	}
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for seed, more := next(); more; seed, more = next() {
				out, err := run(seed)
				mu.Lock()
				sum.Add(out)
				if err != nil && failed == nil {
					failed = fmt.Errorf("%w\nto make this run again: %s=%d go test ./eventstore/sqlite -run '^%s$'",
						err, seedVariable, seed, t.Name())
				}
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	require.NoError(t, failed)
	return runs - int64(runtime.GOMAXPROCS(0)), sum
}

// requireSomethingHappened fails a campaign in which nothing could have gone wrong.
func requireSomethingHappened(t *testing.T, sum crashtest.Outcome) {
	t.Helper()
	for what, n := range map[string]int64{
		"cuts with unsynced writes": 4 * sum.Disk.Unsynced, "writes torn": 4 * sum.Disk.Torn,
		"writes dropped": 2 * sum.Disk.Dropped, "directory": 20 * sum.Disk.Entries, "kills": 20 * sum.Disk.Kills,
		"acknowledged": sum.Acked, "applied": 100 * sum.Applied, "not applied": sum.Absent, "repeats": 200 * sum.Repeated,
		"creation": 50 * sum.InCreation, "opening": 50 * sum.InOpening, "recovery": 100 * sum.InRecovery,
		"checkpoints": 50 * sum.InCheckpoints, "errors": 50 * sum.Disk.Errors,
	} {
		require.GreaterOrEqual(t, n, sum.Disk.Cuts, "the campaign is void, too little happened: %s in %+v", what, sum)
	}
}

func TestARunWithPowerCutsIsDeterminedByItsSeed(t *testing.T) {
	campaign := crashtest.Campaign{Config: shipped(), Dir: t.TempDir()}
	for seed := range uint64(5) {
		once, err := campaign.Run(seed)
		require.NoError(t, err)
		again, err := campaign.Run(seed)
		require.NoError(t, err)
		require.Equal(t, once, again, "seed %d", seed)
	}
}
