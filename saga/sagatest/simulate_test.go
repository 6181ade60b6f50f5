package sagatest_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/sagatest"
)

func TestASagaThatIsRightSurvivesChance(t *testing.T) {
	for name, factory := range map[string]func() sagatest.Case[order]{
		"four compensable steps": fourSteps, "a pivot between a compensable and a retriable step": withPivot,
	} {
		t.Run(name, func(t *testing.T) {
			sum := sagatest.Simulate(t, factory, sagatest.Seeds{Count: 200})
			require.NoError(t, sum.Err)
			require.Equal(t, 200, sum.Seeds)
			require.Equal(t, 600, sum.Completed+sum.Failed+sum.SetAside)
			require.Positive(t, sum.Completed)
			require.Greater(t, 20*sum.Failed, sum.Completed, "enough of the sagas were compensated")
			require.Positive(t, sum.Parked)
			require.Len(t, sum.Faults, 47, "every kind of fault has happened")
		})
	}
}

func TestTheSameSeedGivesTheSameLog(t *testing.T) {
	seeds := sagatest.Seeds{First: 40, Count: 50}
	first := sagatest.Simulate(t, fourSteps, seeds)
	require.Equal(t, first, sagatest.Simulate(t, fourSteps, seeds))
	seeds.First = 41
	require.NotEqual(t, first.Hash, sagatest.Simulate(t, fourSteps, seeds).Hash)
}

func TestASimulationInWhichNothingGoesWrongIsVoid(t *testing.T) {
	j := &judge{}
	sum := sagatest.Simulate(j, fourSteps, sagatest.Seeds{Count: 1, Only: []string{}})
	require.ErrorContains(t, sum.Err, "void")
	require.Len(t, j.errors, 1)
}

func TestASimulationFindsAForgetfulCompensation(t *testing.T) {
	j := &judge{}
	sum := sagatest.Simulate(j, forgetful, sagatest.Seeds{Count: 5000})
	require.ErrorContains(t, sum.Err, "breaks E2")
	require.NotEmpty(t, sum.Shrunk.Only)
	require.Len(t, j.errors, 1)
	told := j.errors[0]
	require.Contains(t, told, "The faults that suffice:")
	require.Contains(t, told, "sagatest.Simulate(t, factory, sagatest.Seeds{First: ")
	t.Log("\n" + told)

	again := &judge{}
	repeated := sagatest.Simulate(again, forgetful, sagatest.Seeds{First: sum.Seed, Count: 1, Only: sum.Shrunk.Only})
	require.Error(t, repeated.Err, "the faults that are printed suffice")
	require.Subset(t, sum.Shrunk.Only, repeated.Shrunk.Only)
}

// Without a barrier an action can reach the participant after its compensation, sent by an orchestrator that is gone.
func TestASimulationFindsAParticipantWithoutABarrier(t *testing.T) {
	factory := func() sagatest.Case[order] {
		booked := map[string]bool{}
		book := func(_ context.Context, call saga.Call[order]) (string, error) {
			booked[call.ActionKey] = true
			return "x", nil
		}
		cancel := func(_ context.Context, call saga.Call[order], _ *string) error {
			delete(booked, call.ActionKey)
			return nil
		}
		refuse := func(context.Context, saga.Call[order]) (string, error) { return "", saga.Permanent(context.Canceled) }
		return sagatest.Case[order]{
			Definition: saga.Definition[order]{Name: "Trip", Version: 1, Steps: []saga.Step[order]{
				saga.Compensable("book", book, cancel, saga.StepOptions{}), saga.ReadOnly("refuse", refuse, saga.StepOptions{}),
			}},
			Invariant: func(end *saga.Instance) error {
				if booked[saga.IdempotencyKey(end.Ref(), "book", saga.Action, 0)] {
					return context.Canceled
				}
				return nil
			},
		}
	}
	j := &judge{}
	sum := sagatest.Simulate(j, factory, sagatest.Seeds{Count: 5000})
	require.ErrorIs(t, sum.Err, context.Canceled)
	require.Contains(t, j.errors[0], "action of book")
}
