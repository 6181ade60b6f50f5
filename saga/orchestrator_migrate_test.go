package saga_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

var newTerms = saga.MigrateOptions{Actor: "ann", Reason: "new terms"}

// migrations runs a migration to its end.
func migrations(t *testing.T, store eventstore.Store, d saga.AnyDefinition, options saga.MigrateOptions) (all []saga.Migration) {
	t.Helper()
	for one, err := range saga.Migrate(t.Context(), store, saga.WhatIfFilter{}, d, options) {
		require.NoError(t, err)
		all = append(all, one)
	}
	return all
}

func TestAMigrationFromAnotherProcessIsActedUponWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store, m := newShop(t), memory.New(), &mill{hang: "a of version 1"}
		one, two := m.version(1, "a", "b"), m.version(2, "new", "c")
		two.Steps = append([]saga.Step[goods]{one.Steps[0]}, two.Steps...)
		p := s.run(store, with(two, one))
		m.begin(t, s, store, one)
		require.Equal(t, []string{"a of version 1"}, m.took(), "an attempt runs")
		all := migrations(t, store, two, newTerms)
		require.Len(t, all, 1)
		require.Equal(t, saga.Migrated, all[0].Outcome)
		require.Equal(t, 1, all[0].From)
		require.EqualValues(t, 2, all[0].Revision)
		require.Contains(t, all[0].Changes, "its version is 2, it was 1")
		time.Sleep(time.Second)
		now, err := p.Load(t.Context(), "Mill", "1")
		require.NoError(t, err)
		require.True(t, now.Steps()[0].Action.Open, "the attempt goes on")
		end := p.rest(millRef)
		require.Equal(t, saga.StateCompleted, end.State)
		require.Equal(t, 2, end.Instance.Version())
		require.Equal(t, []string{"a of version 1", "new of version 2", "c of version 2"}, m.took())
		p.stop()
		s.verify(store)
	})
}

// begin starts a saga by a version, through the store alone.
func (m *mill) begin(t *testing.T, s *shop, store *memory.Store, d saga.Definition[goods]) {
	t.Helper()
	_, err := s.open(store, with(d)).Start(t.Context(), "Mill", "1", someGoods)
	require.NoError(t, err)
	synctest.Wait()
}

func TestAStepThatRunsMayMoveInThePlan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store, m := newShop(t), memory.New(), &mill{}
		slow := func(ctx context.Context, _ saga.Call[goods]) (string, error) {
			time.Sleep(5 * time.Second)
			return "slept", nil
		}
		undo := func(context.Context, saga.Call[goods], *string) error { return nil }
		sleep := saga.Compensable("sleep", slow, undo, saga.StepOptions{})
		one, two := m.version(1), m.version(2, "first", "last")
		one.Steps = []saga.Step[goods]{sleep}
		two.Steps = []saga.Step[goods]{saga.Parallel("both", two.Steps[0], sleep), two.Steps[1]}
		p := s.run(store, with(one, two))
		m.begin(t, s, store, one)
		require.Equal(t, saga.Migrated, migrations(t, store, two, newTerms)[0].Outcome)
		time.Sleep(10 * time.Second)
		p.stop()
		require.Equal(t, []string{"first of version 2", "last of version 2"}, m.took())
		require.Equal(t, []string{
			"SagaStarted", "do sleep 1", "SagaMigrated", "do first 1", "did first 1", "did sleep 1", "do last 1", "did last 1", "SagaCompleted",
		}, inBrief(history(t, store, millRef)))
		s.verify(store)
	})
}

func TestASagaThatIsParkedForWantOfAFunctionGoesOnWithinASecondOfItsMigration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store, m := newShop(t), memory.New(), &mill{}
		one, two := m.version(1, "a", "gone"), m.version(2, "a", "c")
		m.begin(t, s, store, one)
		p := s.run(store, with(two))
		time.Sleep(time.Minute)
		require.Equal(t, saga.Migrated, migrations(t, store, two, newTerms)[0].Outcome)
		time.Sleep(time.Second)
		p.stop()
		require.Equal(t, []string{"a of version 2", "c of version 2"}, m.took())
		s.verify(store)
	})
}

func TestAnOrchestratorWithoutTheNewVersionRecordsWhatComesOfItsAttemptsAndLetsGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store, m := newShop(t), memory.New(), &mill{}
		one := m.version(1, "a", "b")
		slow := func(context.Context, saga.Call[goods]) (string, error) {
			time.Sleep(5 * time.Second)
			return "slept", nil
		}
		one.Steps[0] = saga.Compensable("a", slow, func(context.Context, saga.Call[goods], *string) error { return nil }, saga.StepOptions{})
		two := m.version(2, "a", "b")
		p := s.run(store, with(one))
		m.begin(t, s, store, one)
		require.Equal(t, saga.Migrated, migrations(t, store, two, newTerms)[0].Outcome)
		time.Sleep(10 * time.Second)
		require.Equal(t, []string{"SagaStarted", "do a 1", "SagaMigrated", "did a 1"}, inBrief(history(t, store, millRef)))
		status := p.Status(t.Context())
		require.Equal(t, []saga.Excluded{{Ref: millRef, Reason: "it runs version 2, the highest registered is 1"}}, status.Untouched)
		require.Zero(t, status.InHand)
		require.Empty(t, m.took())
		p.stop()
		p = s.run(store, with(one, two))
		require.Equal(t, saga.StateCompleted, p.rest(millRef).State)
		require.Equal(t, []string{"b of version 2"}, m.took())
		p.stop()
		s.verify(store)
	})
}

func TestAMigrationTellsOfEachSagaWhatBecameOfItAndCanBeRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store, m := newShop(t), memory.New(), &mill{}
		one, two := m.version(1, "a", "b"), m.version(2, "a", "c")
		p := s.run(store, with(one))
		for _, id := range []string{"ended", "fits", "beyond"} {
			if id != "ended" {
				m.hang = map[string]string{"fits": "a of version 1", "beyond": "b of version 1"}[id]
			}
			_, err := p.Start(t.Context(), "Mill", id, someGoods)
			require.NoError(t, err)
			synctest.Wait()
		}
		p.stop()
		unreadable := saga.Ref{Name: "Mill", ID: "strange"}
		_, err := store.Append(t.Context(), unreadable.Stream(), eventstore.NoStream, eventstore.EventData{
			ID: eventstore.EventID{1}, Type: "Strange", Data: []byte(`{}`),
		})
		require.NoError(t, err)

		events := countTypes(t, store, "")
		dry := newTerms
		dry.DryRun = true
		would := migrations(t, store, two, dry)
		require.Equal(t, events, countTypes(t, store, ""), "a dry run writes nothing")
		for _, all := range [][]saga.Migration{would, migrations(t, store, two, newTerms)} {
			require.Len(t, all, 3)
			require.Equal(t, []saga.MigrationOutcome{saga.Migrated, saga.Impossible, saga.Unreadable},
				[]saga.MigrationOutcome{all[0].Outcome, all[1].Outcome, all[2].Outcome})
			require.Equal(t, "fits", all[0].Ref.ID)
			require.Equal(t, []string{"b has begun, and is no longer a step"}, all[1].Obstacles)
			require.Contains(t, all[2].Why, "set aside")
		}
		events = countTypes(t, store, "")
		again := migrations(t, store, two, newTerms)
		require.Equal(t, saga.NotNeeded, again[0].Outcome)
		require.Equal(t, events, countTypes(t, store, ""), "to migrate again changes nothing")
		require.Empty(t, migrations(t, store, saga.Definition[goods]{Name: "Other", Version: 9, Steps: two.Steps}, newTerms))
	})
}

func TestAMigrationIsRefusedWithoutActorAndForDefinitionsThatAreNotValid(t *testing.T) {
	d := define("Order", step("a"))
	for name, c := range map[string]struct {
		d       saga.AnyDefinition
		options saga.MigrateOptions
		want    error
	}{
		"no actor":  {d, saga.MigrateOptions{Reason: "r"}, saga.ErrNoActor},
		"no reason": {d, saga.MigrateOptions{Actor: "ann"}, saga.ErrNoActor},
		"no steps":  {define("Order"), newTerms, saga.ErrInvalidDefinition},
	} {
		t.Run(name, func(t *testing.T) {
			for _, err := range saga.Migrate(t.Context(), memory.New(), saga.WhatIfFilter{}, c.d, c.options) {
				require.ErrorIs(t, err, c.want)
			}
		})
	}
}

func TestDataAndResultsHaveToFitTheTypesOfTheNewVersion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store, m := newShop(t), memory.New(), &mill{hang: "b of version 1"}
		one := m.version(1, "a", "b")
		p := s.run(store, with(one))
		m.begin(t, s, store, one)
		p.stop()
		number := func(context.Context, saga.Call[[]int]) (int, error) { return 1, nil }
		undo := func(context.Context, saga.Call[[]int], *int) error { return nil }
		two := saga.Definition[[]int]{Name: "Mill", Version: 2, Steps: []saga.Step[[]int]{
			saga.Compensable("a", number, undo, saga.StepOptions{}), saga.Compensable("b", number, undo, saga.StepOptions{}),
		}}
		all := migrations(t, store, two, newTerms)
		require.Equal(t, saga.Impossible, all[0].Outcome)
		require.Len(t, all[0].Obstacles, 2)
		require.Contains(t, all[0].Obstacles[0], "its data does not fit []int")
		require.Contains(t, all[0].Obstacles[1], "the result of a does not fit int")
	})
}

// contested is a store on which others are faster, for the first appends.
type contested struct {
	eventstore.Store
	times int
}

func (b *contested) Append(ctx context.Context, stream string, expected eventstore.ExpectedRevision, events ...eventstore.EventData) (eventstore.AppendResult, error) {
	if b.times > 0 {
		b.times--
		return eventstore.AppendResult{}, errors.Join(eventstore.ErrConflict)
	}
	return b.Store.Append(ctx, stream, expected, events...)
}

func TestASagaThatMovesOnIsLookedAtAgainWhenItIsMigrated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store, m := newShop(t), memory.New(), &mill{}
		one, two := m.version(1, "a", "b"), m.version(2, "a", "c")
		m.begin(t, s, store, one)
		require.Equal(t, saga.MovedOn, migrations(t, &contested{Store: store, times: 1000}, two, newTerms)[0].Outcome)
		require.Equal(t, saga.Migrated, migrations(t, &contested{Store: store, times: 3}, two, newTerms)[0].Outcome)
	})
}
