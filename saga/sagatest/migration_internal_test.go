package sagatest

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

// runs lets an operator migrate the sagas of a world, and everything come of it that does.
func (w *world) runs(t *testing.T, m migration) {
	m.w = w
	w.migrate(&m)
	w.rest(maxHappenings)
	require.NoError(t, w.trouble)
}

func TestAnOperatorOfASimulationMigratesWhatFitsTheNextVersion(t *testing.T) {
	w, c := parkedBy(t, pivotAndRetriable, Schedule{{Kind: TransientError, Step: "ticket", Attempt: 1, Always: true}})
	w.runs(t, migration{name: "Trip", dry: true})
	require.Equal(t, 1, c.end.Version(), "nothing is written only to see what would be")
	require.Equal(t, 1, w.marks[markMigrationDry])
	w.runs(t, migration{name: "Trip", prefix: "2"})
	require.Equal(t, 1, c.end.Version(), "it is not the one")
	w.runs(t, migration{name: "Trip", prefix: "1"})
	require.Equal(t, 2, c.end.Version())
	require.Equal(t, 1, w.marks[markMigratedParked])
	require.Equal(t, 1, w.marks[markMigratedBeyond])
	w.runs(t, migration{name: "Trip"})
	require.Equal(t, 1, w.marks[markMigrated], "to migrate again changes nothing")
}

func TestAnOperatorOfASimulationIsToldWhatDoesNotFitTheNextVersion(t *testing.T) {
	w, c := parkedBy(t, everyLimit, Schedule{
		{Kind: DoneButTimedOut, Step: "sign", Attempt: 1},
		{Kind: TransientError, Step: "sign", Direction: saga.Compensation, Attempt: 1, Always: true},
	})
	w.runs(t, migration{name: "Loan"})
	require.Equal(t, 1, c.end.Version())
	require.Equal(t, 1, w.marks[markMigrationNot])
}

func TestWhatAnOperatorIsToldOfAMigrationHasToBeSo(t *testing.T) {
	w, c := parkedBy(t, pivotAndRetriable, Schedule{{Kind: TransientError, Step: "ticket", Attempt: 1, Always: true}})
	m := migration{w: w, actor: "ann"}
	told := func(o saga.MigrationOutcome, why ...string) error {
		return m.hear(saga.Migration{Ref: c.ref, Outcome: o, Revision: 7, Obstacles: why})
	}
	require.ErrorContains(t, told(saga.Migrated), "its history does not tell so")
	require.NoError(t, told(saga.NotNeeded))
	require.NoError(t, told(saga.Impossible, "it has gone too far"))
	require.ErrorContains(t, told(saga.Impossible), "with these obstacles: []")
	require.ErrorContains(t, told(saga.NotNeeded, "it has gone too far"), "with these obstacles")
	require.Error(t, told(saga.Unreadable))
	c.moves = []move{{"ann", 7}}
	require.NoError(t, told(saga.Migrated))
	require.ErrorContains(t, told(saga.MovedOn), "it was migrated at revision 7")
	c.moves[0].revision++
	require.ErrorContains(t, told(saga.Migrated), "that was at revision 8, not at 7")
	m.dry = true
	require.ErrorContains(t, told(saga.Migrated), "it was migrated at revision 8")
}

// A newer program that could not go on with the sagas that there are would park them for good.
func TestANewerProgramRegistersTheOlderDefinitionWhereItLacksAFunction(t *testing.T) {
	versions := func(change func(*saga.Definition[goods])) (all []int) {
		c := pivotAndRetriable()
		change(&c.Next)
		s, err := c.subject()
		require.NoError(t, err)
		for _, d := range s.programs[1].definitions {
			all = append(all, d.(saga.Definition[goods]).Version)
		}
		require.Len(t, s.both.definitions, 2)
		require.Equal(t, 2, s.newest("Trip").start.Version)
		return all
	}
	d := desk{NewLedger()}
	require.Equal(t, []int{2}, versions(func(*saga.Definition[goods]) {}), "it has one step more")
	require.Equal(t, []int{1, 2}, versions(func(n *saga.Definition[goods]) { n.Steps = slices.Delete(slices.Clone(n.Steps), 3, 4) }))
	require.Equal(t, []int{1, 2}, versions(func(n *saga.Definition[goods]) { n.Steps[1] = saga.ReadOnly("hold", d.look, saga.StepOptions{}) }))
	require.Equal(t, []int{1, 2}, versions(func(n *saga.Definition[goods]) { n.Steps[0] = saga.Await[goods]("look", saga.AwaitOptions[bool]{}) }))
}

// Seeds are what they were before there were migrations: what is drawn for them is drawn from elsewhere.
func TestANextVersionChangesNothingWhereNobodyMigrates(t *testing.T) {
	st, err := newStage()
	require.NoError(t, err)
	defer st.crew.dismiss()
	next := func() Case[goods] {
		c := allCompensable()
		c.Next = c.Definition
		c.Next.Version++
		return c
	}
	spared := 0
	for seed := range uint64(60) {
		without := simulate(st, subjects(allCompensable), seed, Seeds{Sagas: 3}, false)
		require.NoError(t, without.err)
		require.Zero(t, without.migrated)
		with := simulate(st, subjects(next), seed, Seeds{Sagas: 3}, false)
		require.NoError(t, with.err, "seed %d", seed)
		if d := newDice(seed, nil); d.rates.migrations[0].rate == 0 {
			require.Equal(t, without.hash, with.hash, "seed %d", seed)
			spared++
		}
	}
	require.Greater(t, spared, 10)
}

func TestSagasOfEveryShapeAreMigratedAtAnyMoment(t *testing.T) {
	for _, factory := range []func() Case[goods]{pivotAndRetriable, everyLimit, sideBySide, waitsAndDeadline, others} {
		sum := Simulate(t, factory, Seeds{Count: 40})
		require.NoError(t, sum.Err)
		require.Positive(t, sum.Migrated, "%s", factory().Definition.Name)
	}
}

// Whoever sends the signal does not know that the saga was migrated.
func TestASignalThatNobodyAwaitsAnyMoreIsNoTrouble(t *testing.T) {
	factory := func() Case[goods] {
		c := waitsAndDeadline()
		c.Next.Steps = slices.Clone(c.Definition.Steps[:5])
		return c
	}
	sum := Simulate(t, factory, Seeds{Count: 60})
	require.NoError(t, sum.Err)
	require.Positive(t, sum.Migrated)
}
