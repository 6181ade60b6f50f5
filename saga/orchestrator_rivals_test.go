package saga_test

import (
	"context"
	"encoding/binary"
	"hash/fnv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/eventstoretest"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

// slowly gives every append a millisecond, so that two orchestrators decide on the same revisions.
func slowly(store eventstore.Store) eventstore.Store {
	return &hooked{Store: store, appending: func(_ string, _ []eventstore.EventData,
		next func() (eventstore.AppendResult, error),
	) (eventstore.AppendResult, error) {
		time.Sleep(time.Millisecond)
		return next()
	}}
}

func TestTwoOrchestratorsOnOneStoreShareTheSagasWithoutRunningAnythingTwice(t *testing.T) {
	const sagas = 200
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		s.set(action("pay"), first(fails, takes(3*time.Millisecond, succeeds)))
		s.set(action("quote"), first(afterItsEffect(fails)))
		s.set(action("buy"), always(refuses))
		s.set(compensation("quote"), first(fails))
		shared := slowly(store)
		one := s.run(shared)
		two := s.run(shared, func(c *saga.Config) { c.Name = "other" })
		synctest.Wait()
		elsewhere := s.open(store)
		for i := range sagas / 2 {
			for _, name := range []string{"Parcel", "Ticket"} {
				_, err := elsewhere.Start(t.Context(), name, parcelRef(i).ID, parcel{})
				require.NoError(t, err)
			}
		}
		for i := range sagas / 2 {
			require.Equal(t, saga.StateCompleted, one.rest(parcelRef(i)).State)
			require.Equal(t, saga.StateFailed, two.rest(ticketRef(i)).State)
		}
		time.Sleep(10 * time.Second)
		first, second := one.Status(t.Context()), two.Status(t.Context())
		require.Equal(t, sagas, first.Completed+first.Failed+second.Completed+second.Failed, "each ends once")
		require.NotZero(t, first.Conflicts)
		require.NotZero(t, second.Conflicts)
		require.NotZero(t, first.Lost)
		require.NotZero(t, second.Lost)
		require.Zero(t, first.InHand+second.InHand+first.Late+second.Late)
		one.stop()
		two.stop()
		s.verify(store)
		for i := range sagas / 2 {
			require.Equal(t, 2, attemptsAt(history(t, store, parcelRef(i)), action("pay")))
		}
	})
}

type sagaRepository = aggregate.Repository[*saga.Instance, saga.Command, saga.Event]

func repositoryOf(t *testing.T, store eventstore.Store, newID func() (eventstore.EventID, error)) *sagaRepository {
	registry, err := saga.NewRegistry()
	require.NoError(t, err)
	repo, err := aggregate.NewRepository[*saga.Instance, saga.Command, saga.Event](aggregate.Config[*saga.Instance]{
		Store: store, Registry: registry, Category: saga.Category("Parcel"), NewEventID: newID,
		New: func(id string) *saga.Instance { return saga.NewInstance(parcelRef(id)) },
	})
	require.NoError(t, err)
	return repo
}

// Two programs find one saga at the same revision and both decide to start its first step.
func TestWhyEventIDsAreFresh(t *testing.T) {
	decideTwice := func(t *testing.T, newID func() (eventstore.EventID, error)) (first, second error) {
		s, store := newShop(t), memory.New()
		_, err := s.open(store).Start(t.Context(), "Parcel", "1", parcel{})
		require.NoError(t, err)
		append1 := proceed(t, repositoryOf(t, store, newID))
		append2 := proceed(t, repositoryOf(t, store, newID))
		first, second = append1(), append2()
		require.Len(t, eventTypes(t, store, parcelRef(1).Stream()), 2)
		return first, second
	}
	t.Run("with fresh ids exactly one of them goes on", func(t *testing.T) {
		first, second := decideTwice(t, nil)
		require.NoError(t, first)
		require.ErrorIs(t, second, eventstore.ErrConflict)
	})
	t.Run("with ids derived from stream and revision both would be told that they had won", func(t *testing.T) {
		first, second := decideTwice(t, func() (id eventstore.EventID, err error) {
			hash := fnv.New128a()
			_, _ = hash.Write([]byte(parcelRef(1).Stream()))
			_, _ = hash.Write(binary.BigEndian.AppendUint64(nil, 1))
			return eventstore.EventID(hash.Sum(nil)), nil
		})
		require.NoError(t, first)
		require.NoError(t, second, "and both would run the step")
	})
}

// proceed loads the saga and decides; the function that it returns appends what was decided.
func proceed(t *testing.T, repo *sagaRepository) func() error {
	loaded, err := repo.Load(t.Context(), "1")
	require.NoError(t, err)
	events, err := loaded.Aggregate.Decide(saga.Proceed{Now: time.Now()})
	require.NoError(t, err)
	require.Len(t, events, 1)
	return func() error {
		_, err := repo.Append(t.Context(), loaded.Head, events, aggregate.Envelope{})
		return err
	}
}

// overtaken is the scene of one orchestrator that takes over the saga of another whose attempt of "pay" still runs: it
// has had its effect, and will succeed after 30 s. The second attempt is made by the new one after 10 s.
func overtaken(t *testing.T, second fault, change func(s *shop)) (s *shop, store eventstore.Store, one, two *process) {
	s, store = newShop(t), memory.New()
	s.set(action("pay"), first(afterItsEffect(takes(30*time.Second, func(context.Context, effect) error { return nil })), second))
	change(s)
	one = s.run(lockless{store})
	synctest.Wait()
	one.start(parcelRef(1))
	time.Sleep(10 * time.Second)
	return s, store, one, s.run(lockless{store})
}

// undoKeys returns the keys under which a step was compensated.
func undoKeys(history []saga.Event, step string) (keys []string) {
	for _, event := range history {
		if e, ok := event.(saga.CompensationStarted); ok && e.Step == step {
			keys = append(keys, e.Key)
		}
	}
	return keys
}

func TestAnAttemptThatAnotherOrchestratorTookOver(t *testing.T) {
	ref := parcelRef(1)
	for _, c := range []struct {
		name   string
		second fault
		change func(s *shop)
		check  func(t *testing.T, s *shop, store eventstore.Store, one, two *process)
	}{
		{"is no news when the second one has succeeded", succeeds, func(*shop) {},
			func(t *testing.T, s *shop, store eventstore.Store, one, two *process) {
				require.Equal(t, saga.StateCompleted, two.rest(ref).State)
				time.Sleep(time.Minute)
				require.Zero(t, one.Status(t.Context()).Late)
			}},
		{"ends the second one's step when it succeeds first", takes(time.Minute-time.Second, succeeds), func(*shop) {},
			func(t *testing.T, s *shop, store eventstore.Store, one, two *process) {
				require.Equal(t, saga.StateCompleted, two.rest(ref).State)
				require.Contains(t, inBrief(history(t, store, ref)), "did pay 1 late")
				time.Sleep(time.Hour)
				require.Zero(t, two.Status(t.Context()).InHand)
			}},
		{"is kept in the late stream when the saga has ended", refuses, func(*shop) {},
			func(t *testing.T, s *shop, store eventstore.Store, one, two *process) {
				require.Equal(t, saga.StateFailed, two.rest(ref).State)
				time.Sleep(time.Minute)
				require.Equal(t, 1, one.Status(t.Context()).Late)
				require.Equal(t, []string{"StepCompleted"}, eventTypes(t, store, ref.LateStream()))
			}},
		{
			"parks the saga when its compensation has ended without its result", refuses,
			func(s *shop) { s.set(compensation("reserve"), first(takes(50*time.Second, succeeds))) },
			func(t *testing.T, s *shop, store eventstore.Store, one, two *process) {
				time.Sleep(2 * time.Minute)
				end := two.rest(ref)
				requireParked(t, end, compensation("pay"), saga.ParkedLateSuccess, 1)
				require.Equal(t, saga.StateFailed, two.redrive(ref, end).State)
				brief := inBrief(history(t, store, ref))
				require.Contains(t, brief, "undo pay 1 blind")
				require.Contains(t, brief, "undo pay 2", "with the result")
				require.Equal(t, []string{"Parcel/1/pay/compensation", "Parcel/1/pay/compensation/2"},
					undoKeys(history(t, store, ref), "pay"))
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, store, one, two := overtaken(t, c.second, c.change)
				c.check(t, s, store, one, two)
				one.stop()
				two.stop()
				eventstoretest.Check(t, store)
				require.Empty(t, s.ledger.faults())
				standing := s.ledger.standing(ref, parcelSteps)
				require.True(t, len(standing) == 0 || len(standing) == len(parcelSteps), "%v", standing)
			})
		})
	}
}
