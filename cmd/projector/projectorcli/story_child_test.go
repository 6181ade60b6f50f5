package projectorcli

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

func TestAStoryTellsOfTheChildThatASagaWaitsForAndOfItsParent(t *testing.T) {
	data := func(context.Context, saga.Call[int]) (int, error) { return 1, nil }
	def := saga.Definition[int]{Name: "Contract", Version: 1, Steps: []saga.Step[int]{
		saga.Child("works", "Works", data, saga.ChildOptions[int]{NothingToUndo: true}),
	}}
	ref, now, plan := saga.Ref{Name: "Contract", ID: "7"}, time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC), def.Plan()
	in, s := saga.NewInstance(ref), &story{}
	parent := &saga.Parent{Name: "City", ID: "1", Step: "build"}
	for _, command := range []saga.Command{
		saga.StartSaga{
			Now: now, Ref: ref, Version: 1, DefinitionHash: saga.DefinitionHash("Contract", 1, plan), Plan: plan,
			Data: []byte("1"), Parent: parent, Go: true,
		},
		saga.RecordOutcome{Now: now, Step: "works", Attempt: 1, Outcome: saga.Outcome{Result: []byte("1")}},
	} {
		events, err := in.Decide(command)
		require.NoError(t, err)
		for _, event := range events {
			in.Evolve(event)
			s.add(storedEvent{At: now}, event, in)
		}
	}
	s.conclude(in)
	require.Equal(t, parent, s.Parent)
	child := childView{Name: "Works", ID: "Contract/7/works", Step: "works", Attempt: 1, Outcome: "running"}
	require.Equal(t, []*childView{&child}, s.Children)
	require.Equal(t, "Works/Contract/7/works of the action of works: running", s.Children[0].String())
	require.Equal(t, &waitView{For: "saga Works/Contract/7/works", Because: "step works goes on when it has ended"}, s.Waits)
}
