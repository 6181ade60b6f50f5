package sqlite

import (
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore/sqlite/internal/crashtest"
	"github.com/skaldgo/skald/internal/proof"
)

// TestInputAndOutputErrorsLoseNothingThatWasAcknowledged lets each call to the file system fail in turn, once or from then
// on for ever. A plain run takes some of them, evenly.
func TestInputAndOutputErrorsLoseNothingThatWasAcknowledged(t *testing.T) {
	script := crashtest.Script{Config: shipped(), Dir: t.TempDir()}
	all := faults(t, script)
	asked := max(proof.Count("IO_ERRORS", 80), 1)
	step := (len(all)+asked-1)/asked | 1 // odd, as those that last alternate with those that do not
	var mu sync.Mutex
	var sum crashtest.Outcome
	var failed error
	runs, kinds := 0, map[string]int64{}
	next := func() (f crashtest.Fault, more bool) {
		mu.Lock()
		defer mu.Unlock()
		if runs*step >= len(all) || failed != nil {
			return f, false
		}
		runs++
		return all[(runs-1)*step], true
	}
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for f, more := next(); more; f, more = next() {
				out, err := script.Run(f)
				if err == nil && out.Disk.Errors == 0 {
					err = fmt.Errorf("the run is void: nothing failed")
				}
				mu.Lock()
				sum.Add(out)
				kinds[kindOf(f)]++
				if err != nil && failed == nil {
					failed = fmt.Errorf("%+v: %w", f, err)
				}
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	require.NoError(t, failed)
	require.Positive(t, sum.Refused, "batches met errors")
	require.Positive(t, sum.FailedStores, "stores met failed syncs")
	proof.Record(t, proof.Result{
		Part: "io-errors",
		Figures: map[string]int64{
			"runs": int64(runs), "calls that can fail": int64(len(all)), "injected errors": sum.Disk.Errors,
			"acknowledged appends": sum.Acked, "batches refused": sum.Refused,
			"stores that stopped after a failed sync": sum.FailedStores,
		},
		Kinds: kinds,
	})
}

// faults returns every way in which one call of the script can fail.
func faults(t *testing.T, script crashtest.Script) (all []crashtest.Fault) {
	t.Helper()
	calls, err := script.Calls()
	require.NoError(t, err)
	for _, kind := range crashtest.Kinds() {
		require.Positive(t, calls[kind], "the script makes no call to %s", kind)
		for _, full := range []bool{false, true} {
			if full && kind != crashtest.Write {
				continue
			}
			for n := range calls[kind] {
				all = append(all, crashtest.Fault{Kind: kind, Call: n + 1, Full: full},
					crashtest.Fault{Kind: kind, Call: n + 1, Full: full, Forever: true})
			}
		}
	}
	return all
}

func kindOf(f crashtest.Fault) string {
	what := "error of a " + f.Kind.String()
	if f.Full {
		what = "full disk"
	}
	if f.Forever {
		return what + ", from then on"
	}
	return what + ", once"
}

func TestErrorsShowWhatIsWrong(t *testing.T) {
	for _, canary := range []struct {
		name     string
		sabotage crashtest.Sabotage
		kind     crashtest.Kind
	}{
		{"a failed sync is taken for an error that passes", crashtest.Sabotage{TrustsFailedSyncs: true}, crashtest.Sync},
		{"a commit that failed is acknowledged", crashtest.Sabotage{TakesAllForCommits: true}, crashtest.Write},
		{"heads outlive a rollback", crashtest.Sabotage{KeepsItsCache: true}, crashtest.Write},
	} {
		t.Run(canary.name, func(t *testing.T) {
			script := crashtest.Script{Config: shipped(), Dir: t.TempDir()}
			calls, err := script.Calls()
			require.NoError(t, err)
			script.Config.Sabotage = canary.sabotage
			for n := calls[canary.kind] / 3; n < calls[canary.kind]; n += 3 {
				if _, err := script.Run(crashtest.Fault{Kind: canary.kind, Call: n}); err != nil {
					return
				}
			}
			t.Fatal("no error that was injected shows it")
		})
	}
}

// TestAfterAFailedSyncTheMachineIsStartedAnewOrTheStoreClosed is about a kernel that takes for clean what a failed sync did
// not write, and goes on showing it. Closing the store leaves what was not acknowledged behind, and a new start shows what
// there is. Only a process that is killed, and another one on the same machine, would build on what is not there.
func TestAfterAFailedSyncTheMachineIsStartedAnewOrTheStoreClosed(t *testing.T) {
	campaign := crashtest.Campaign{Config: shipped(), Dir: t.TempDir()}
	lost := 0
	for seed := range uint64(8) {
		require.NoError(t, campaign.FailedSync(seed, crashtest.Closed), "seed %d", seed)
		require.NoError(t, campaign.FailedSync(seed, crashtest.Restarted), "seed %d", seed)
		if err := campaign.FailedSync(seed, crashtest.Killed); err != nil {
			lost++
		}
	}
	require.Positive(t, lost, "the disk forgets nothing")
	t.Logf("of 8 killed processes %d lost something", lost)
}
