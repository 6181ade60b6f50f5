package projectorcli

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

func TestAStoryOfASagaThatWasExtendedDoesNotCallItOverdue(t *testing.T) {
	dig := func(context.Context, saga.Call[int]) (int, error) { return 1, nil }
	def := saga.Definition[int]{Name: "Works", Version: 1, Deadline: time.Minute, Steps: []saga.Step[int]{
		saga.ReadOnly("dig", dig, saga.StepOptions{}),
	}}
	ref, now, plan := saga.Ref{Name: "Works", ID: "7"}, time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC), def.Plan()
	later := now.Add(2 * time.Minute)
	in, s := saga.NewInstance(ref), &story{}
	tell := func(command saga.Command) {
		events, err := in.Decide(command)
		require.NoError(t, err)
		for _, event := range events {
			in.Evolve(event)
			s.add(storedEvent{At: later}, event, in)
		}
	}
	tell(saga.StartSaga{
		Now: now, Ref: ref, Version: 1, DefinitionHash: saga.DefinitionHash("Works", 1, plan), Plan: plan, Data: []byte("1"), Go: true,
	})
	tell(saga.Attend{Now: later})
	require.True(t, in.Overdue())
	require.Equal(t, &later, s.OverdueAt)
	tell(saga.Extend{Now: later, Deadline: later.Add(time.Hour), Actor: "ann", Reason: "rain", SeenRevision: saga.NotSeen})
	require.False(t, in.Overdue())
	require.Nil(t, s.OverdueAt)
}
