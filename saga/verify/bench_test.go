package verify_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/internal/walktest"
	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/verify"
)

// four has four compensable steps, so that its sagas are ten events long.
func four() saga.Definition[goods] {
	def := saga.Definition[goods]{Name: "Four", Version: 1}
	for _, name := range []string{"reserve_inventory", "process_payment", "create_shipment", "send_confirmation"} {
		def.Steps = append(def.Steps, walktest.Step(name, saga.KindCompensable, saga.StepOptions{}))
	}
	return def
}

// written is a store with the logs of n sagas of ten events each that have completed.
func written(t testing.TB, n int) *memory.Store {
	store, def := memory.New(), four()
	plan := def.Plan()
	hash := saga.DefinitionHash(def.Name, def.Version, plan)
	registry, err := saga.NewRegistry()
	require.NoError(t, err)
	repo, err := aggregate.NewRepository[*saga.Instance, saga.Command, saga.Event](aggregate.Config[*saga.Instance]{
		Store: store, Registry: registry, Category: saga.Category(def.Name),
		New: func(id string) *saga.Instance { return saga.NewInstance(saga.Ref{Name: def.Name, ID: id}) },
	})
	require.NoError(t, err)
	for i := range n {
		ref := saga.Ref{Name: def.Name, ID: fmt.Sprintf("order-%08d", i)}
		run := func(command saga.Command) {
			_, err := repo.Execute(t.Context(), ref.ID, command, aggregate.Envelope{
				At: noon, Actor: "orchestrator:main", CorrelationID: ref.String(),
			})
			require.NoError(t, err)
		}
		run(saga.StartSaga{
			Now: noon, Ref: ref, Version: 1, DefinitionHash: hash, CorrelationID: ref.String(), Plan: plan,
			Data: []byte(`{"Item":"lamp"}`), Go: true,
		})
		for _, s := range plan.Steps {
			run(saga.RecordOutcome{
				Now: noon, Step: s.Name, Attempt: 1, Go: true,
				Outcome: saga.Outcome{Kind: saga.Succeeded, Result: []byte(`{"reference":"0123456789"}`)},
			})
		}
	}
	return store
}

func BenchmarkLog(b *testing.B) {
	const sagas = 10_000
	store := written(b, sagas)
	defer store.Close()
	for name, cfg := range map[string]verify.Config{"alone": {}, "with replay": {Replay: true}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				report := check(b, store, cfg)
				require.Equal(b, 10*sagas, report.Events)
				require.NoError(b, report.Err())
			}
			b.ReportMetric(10*sagas*float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

func BenchmarkAgainst(b *testing.B) {
	const sagas = 10_000
	store := written(b, sagas)
	defer store.Close()
	seal := sealOf(b, store)
	for b.Loop() {
		require.NoError(b, against(b, store, seal).Err())
	}
	b.ReportMetric(10*sagas*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
