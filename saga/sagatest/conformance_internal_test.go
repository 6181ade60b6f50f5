package sagatest

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/eventstore/sqlite"
	"github.com/skaldgo/skald/internal/proof"
	"github.com/skaldgo/skald/saga"
)

func inMemory(*testing.T) eventstore.Store { return memory.New() }

// inFile is a log in a file. Nobody else writes to it, so it need not look for what others have written.
func inFile(t *testing.T) eventstore.Store {
	store, err := sqlite.Open(t.Context(), sqlite.Config{
		Path: filepath.Join(t.TempDir(), "events.db"), PollInterval: 2 * horizon,
	})
	require.NoError(t, err)
	return store
}

// The shell that simulations run and the one that programs run play the same scenes, and tell the same story: over a log
// in memory, and over one in a file the first scene of each name, or all of them when SKALD_PROOF_SHELLS says how often to
// play each in memory.
func TestBothShellsTellTheSameStory(t *testing.T) {
	rounds := proof.Count("SHELLS", 0)
	names, events, runs := map[string]int{}, map[string]int64{}, int64(0)
	kinds := map[string]int64{}
	for _, s := range scenes() {
		names[s.name]++
		t.Run(s.name, func(t *testing.T) {
			heap, err := onHeap(&s, nil)
			require.NoError(t, err, "%s", heap)
			require.Equal(t, len(s.slips) > 0, heap.slipped > 0, "void: the store did not go wrong where it should")
			for name, n := range heap.types {
				events[name] += n
			}
			for range max(rounds, 1) {
				require.Equal(t, heap.String(), inBubble(t, &s, inMemory, nil).String())
				kinds["on goroutines, log in memory"]++
			}
			if rounds > 0 || names[s.name] == 1 {
				require.Equal(t, heap.String(), inBubble(t, &s, inFile, nil).String())
				kinds["on goroutines, log in a file"]++
			}
			kinds["on the heap"]++
		})
	}
	for _, n := range kinds {
		runs += n
	}
	requireEveryEvent(t, events)
	proof.Record(t, proof.Result{
		Part: "shells", Figures: map[string]int64{"scenarios": int64(len(names)), "runs": runs}, Kinds: kinds,
	})
}

// requireEveryEvent demands that a suite has met every event that there is.
func requireEveryEvent(t *testing.T, events map[string]int64) {
	t.Helper()
	for _, name := range []string{
		saga.TypeSagaStarted, saga.TypeSagaCompleted, saga.TypeSagaFailed, saga.TypeSagaParked, saga.TypeStepStarted,
		saga.TypeStepCompleted, saga.TypeStepFailed, saga.TypeStepTimedOut, saga.TypeStepInterrupted,
		saga.TypeStepRetryScheduled, saga.TypeStepRedriven, saga.TypeCompensationRequested, saga.TypeCompensationStarted,
		saga.TypeCompensationCompleted, saga.TypeCompensationFailed, saga.TypeCompensationTimedOut,
		saga.TypeCompensationInterrupted, saga.TypeCompensationRetryScheduled, saga.TypeSagaCancelRequested,
		saga.TypeSignalReceived, saga.TypeSagaOverdue, saga.TypeStepGivenUp, saga.TypeSagaPaused, saga.TypeSagaResumed,
		saga.TypeChildRequested, saga.TypeStepResolved, saga.TypeStepSkipped, saga.TypeDeadlineExtended, saga.TypeRetryPolicyChanged,
		saga.TypeSagaMigrated,
	} {
		require.Positive(t, events[name], "void: %s never happened", name)
	}
}

func TestAShellThatDeviatesIsNoticed(t *testing.T) {
	all := scenes()
	for _, d := range deviations {
		t.Run(d.name, func(t *testing.T) {
			noticed, played := false, 0
			for _, s := range all {
				if s.name != d.scene {
					continue
				}
				played++
				heap, err := onHeap(&s, d.heap)
				noticed = noticed || err != nil || heap.String() != inBubble(t, &s, inMemory, d.others).String()
			}
			require.Positive(t, played, "there is such a scene")
			require.True(t, noticed)
		})
	}
}
