package sagatest_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/sagatest"
)

func TestACaseThatStartsOtherSagasIsRefused(t *testing.T) {
	factory := func() sagatest.Case[order] {
		c := fourSteps()
		data := func(_ context.Context, call saga.Call[order]) (order, error) { return call.Data, nil }
		c.Definition.Steps = append(c.Definition.Steps,
			saga.Child("works", "Works", data, saga.ChildOptions[order]{NothingToUndo: true}))
		return c
	}
	j := &judge{}
	sagatest.Explore(j, factory, sagatest.Options{})
	simulated := sagatest.Simulate(j, factory, sagatest.Seeds{Count: 1})
	require.ErrorContains(t, simulated.Err, `step "works" starts a saga of Works: put the two to the test each for itself`)
	require.NotEmpty(t, j.errors)
	require.Contains(t, j.errors[0], `step "works" starts a saga of Works`)
}
