package saga_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

func TestSagasOfOneDefinitionShareTheirPlanWhenTheyAreDecoded(t *testing.T) {
	registry, err := saga.NewRegistry()
	require.NoError(t, err)
	decode := func(id string, steps ...saga.Step[goods]) *saga.Plan {
		definition := define("Trip", steps...)
		encoded, err := registry.Encode(saga.SagaStarted{Name: "Trip", ID: id, Version: 1, Plan: definition.Plan()})
		require.NoError(t, err)
		decoded, err := registry.Decode(encoded.Type, encoded.Schema, encoded.Data)
		require.NoError(t, err)
		require.Equal(t, id, decoded.(saga.SagaStarted).ID)
		require.Equal(t, definition.Plan(), decoded.(saga.SagaStarted).Plan)
		return decoded.(saga.SagaStarted).Plan
	}
	first := decode("1", readOnly("a", once()))
	require.Same(t, first, decode("2", readOnly("a", once())))
	require.NotSame(t, first, decode("3", readOnly("b", once())))

	t.Run("also when several decode at once, and more plans come than are kept", func(t *testing.T) {
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for i := range 300 {
					data := fmt.Sprintf(`{"name":"Trip","plan":{"steps":[{"name":"s%d","kind":"read_only"}]}}`, i)
					decoded, err := registry.Decode(saga.TypeSagaStarted, 1, []byte(data))
					if err != nil || decoded.(saga.SagaStarted).Plan.Steps[0].Name != fmt.Sprintf("s%d", i) {
						t.Errorf("plan %d: %v, %v", i, decoded, err)
					}
				}
			})
		}
		all.Wait()
	})
	t.Run("a beginning without a plan, or with one that is none", func(t *testing.T) {
		for _, data := range []string{`{"name":"Trip"}`, `{"name":"Trip","plan":null}`} {
			decoded, err := registry.Decode(saga.TypeSagaStarted, 1, []byte(data))
			require.NoError(t, err)
			require.Nil(t, decoded.(saga.SagaStarted).Plan)
		}
		_, err := registry.Decode(saga.TypeSagaStarted, 1, []byte(`{"plan":7}`))
		require.Error(t, err)
	})
}
