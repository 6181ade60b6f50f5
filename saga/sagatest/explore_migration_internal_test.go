package sagatest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

// counted counts the sagas of a case that end, by their versions.
func counted(factory func() Case[goods], ended map[int]int) func() Case[goods] {
	return func() Case[goods] {
		c := factory()
		c.Invariant = func(end *saga.Instance) error {
			ended[end.Version()]++
			return nil
		}
		return c
	}
}

func TestASagaSurvivesItsMigrationAfterEveryAppend(t *testing.T) {
	for _, e := range []struct {
		factory func() Case[goods]
		options Options
	}{
		{pivotAndRetriable, Options{OneIn: 20}}, {everyLimit, Options{OneIn: 40}}, {sideBySide, Options{OneIn: 60}},
		{waitsAndDeadline, Options{SinglesOnly: true}},
	} {
		ended := map[int]int{}
		r := Explore(t, counted(e.factory, ended), e.options)
		require.NoError(t, r.Err)
		require.Greater(t, r.Kinds[MigrateAfterAppend], 9)
		require.Positive(t, ended[2], "some sagas fit")
	}
}

func TestASagaIsMigratedRightBehindTheAppendThatAScheduleNames(t *testing.T) {
	ended := map[int]int{}
	Replay(t, counted(everyLimit, ended), Schedule{{Kind: MigrateAfterAppend, Append: 2}})
	require.Equal(t, map[int]int{2: 1}, ended, "it has not come to the step that is no more")
	Replay(t, counted(everyLimit, ended), Schedule{{Kind: MigrateAfterAppend, Append: 3}})
	require.Equal(t, map[int]int{1: 1, 2: 1}, ended, "it has, and was left alone")
}

func TestWithoutANextVersionNothingIsMigrated(t *testing.T) {
	r := Explore(t, allCompensable, Options{SinglesOnly: true})
	require.NoError(t, r.Err)
	require.Zero(t, r.Kinds[MigrateAfterAppend])
	require.Zero(t, Simulate(t, allCompensable, Seeds{Count: 20}).Faults[faultMigrate])
}
