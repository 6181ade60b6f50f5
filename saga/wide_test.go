package saga_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/verify"
	"github.com/skaldgo/skald/saga/verify/verifytest"
)

// wideDef has so many branches, with names of the length that names have.
func wideDef(branches int, act func(context.Context, saga.Call[goods]) (string, error)) saga.Definition[goods] {
	steps := make([]saga.Step[goods], branches)
	for i := range steps {
		steps[i] = saga.Compensable(fmt.Sprintf("reserve_at_warehouse_%04d", i), act,
			func(context.Context, saga.Call[goods], *string) error { return nil }, saga.StepOptions{})
	}
	return define("Wide", saga.Parallel("everywhere", steps...))
}

func actNot(context.Context, saga.Call[goods]) (string, error) { return "", nil }

// G26: however much the branches have to say at one moment, each append fits into the store.
func TestG26AThousandBranchesRunSideBySideAndAreJoined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memory.New()
		result := strings.Repeat("x", 20_000)
		def := wideDef(1_000, func(context.Context, saga.Call[goods]) (string, error) {
			time.Sleep(time.Second)
			return result, nil
		})
		o := runOrchestrator(t, saga.Config{Store: store, Workers: 2_000, Definitions: []saga.AnyDefinition{def}})
		synctest.Wait()
		_, err := o.Start(t.Context(), "Wide", "1", goods{})
		require.NoError(t, err)
		began := time.Now()
		soon, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		end, err := o.Wait(soon, "Wide", "1")
		require.NoError(t, err)
		require.Equal(t, saga.StateCompleted, end.State)
		require.Less(t, time.Since(began), 3*time.Second, "all at the same time")
		verifytest.Check(t, store)
	})
}

func TestTheBranchesOfAWideGroupThatAStopInterruptsAreGoneOnWith(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memory.New()
		stuck := true
		def := wideDef(1_000, func(ctx context.Context, _ saga.Call[goods]) (string, error) {
			if stuck {
				<-ctx.Done()
			}
			return "", ctx.Err()
		})
		cfg := saga.Config{Store: store, Workers: 2_000, ShutdownGrace: -1, Definitions: []saga.AnyDefinition{def}}
		o, err := saga.New(cfg)
		require.NoError(t, err)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- o.Run(ctx) }()
		synctest.Wait()
		_, err = o.Start(t.Context(), "Wide", "1", goods{})
		require.NoError(t, err)
		synctest.Wait()
		require.Equal(t, 1_000, o.Status(t.Context()).Attempts)
		stop()
		require.NoError(t, <-ended)

		stuck = false
		o = runOrchestrator(t, cfg)
		synctest.Wait()
		end, err := o.Wait(t.Context(), "Wide", "1")
		require.NoError(t, err)
		require.Equal(t, saga.StateCompleted, end.State)
		verifytest.CheckWith(t, store, verify.Config{}) // the replay would take seconds
	})
}

func TestNoDecisionAboutAWideSagaIsTooLargeForAnAppend(t *testing.T) {
	registry, err := saga.NewRegistry()
	require.NoError(t, err)
	requireFits := func(events []saga.Event) {
		const metadata = 450
		size := 0
		for _, event := range events {
			encoded, err := registry.Encode(event)
			require.NoError(t, err)
			size += len(encoded.Data) + 2*len(encoded.Type) + metadata
		}
		require.Less(t, size, eventstore.MaxAppendBytes-saga.MaxPayloadBytes, "and the data of the saga")
	}
	inst := saga.NewInstance(saga.Ref{Name: "Wide", ID: "7"})
	start := startOf(wideDef(1_500, actNot), noon)
	start.Spare = 1_999
	opened := 0
	for command := saga.Command(start); ; command = (saga.Proceed{Now: noon, Spare: 1_999}) {
		events, err := inst.Decide(command)
		require.NoError(t, err)
		if len(events) == 0 {
			break
		}
		requireFits(events)
		for _, event := range events {
			inst.Evolve(event)
		}
		opened += len(eventsOf[saga.StepStarted](events))
	}
	require.Equal(t, 1_000, opened, "the most that are open at once")
	events, err := inst.Decide(saga.Recover{Now: noon, Go: true, Spare: 1_999})
	require.NoError(t, err)
	require.Len(t, eventsOf[saga.StepInterrupted](events), 1_000)
	requireFits(events)
}

func TestAPlanThatNoFirstEventCouldHoldIsAFault(t *testing.T) {
	require.NoError(t, wideDef(1_500, actNot).Validate())
	require.ErrorContains(t, wideDef(3_000, actNot).Validate(), "its plan of 3000 steps has")
}
