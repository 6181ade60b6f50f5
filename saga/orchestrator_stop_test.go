package saga_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

// stopFault is what an attempt does while its orchestrator stops.
type stopFault struct {
	name   string
	during fault
	// takes is how long Run goes on after the stop.
	takes time.Duration
	// records is the last event of the old process.
	records  string
	attempts int
}

// stopFaults are the ways to end under a stop that comes a second after the attempt began, with a grace of 10 s.
func stopFaults(done, interrupted, retry string) []stopFault {
	return []stopFault{
		{"a success within the grace", takes(5*time.Second, succeeds), 4 * time.Second, done, 1},
		{"an error within the grace", takes(5*time.Second, fails), 4 * time.Second, retry, 2},
		{"cut off after the grace", hangs, 10 * time.Second, interrupted, 2},
		{"cut off after the grace, after its effect", afterItsEffect(hangs), 10 * time.Second, interrupted, 2},
		{"a success after the grace, deaf to the context", takes(30*time.Second, succeeds), 29 * time.Second, done, 1},
		{"an error after the grace, deaf to the context", takes(30*time.Second, fails), 29 * time.Second, interrupted, 2},
		{"a panic after the grace", takes(30*time.Second, panics), 29 * time.Second, interrupted, 2},
	}
}

func TestAStopDuringEveryAction(t *testing.T) {
	for i, step := range parcelSteps {
		done := saga.TypeStepCompleted
		if i == len(parcelSteps)-1 {
			done = saga.TypeSagaCompleted
		}
		for _, c := range stopFaults(done, saga.TypeStepInterrupted, saga.TypeStepRetryScheduled) {
			t.Run(fmt.Sprintf("%s at step %d", c.name, i+1), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newShop(t)
					end, events := s.stopDuring(parcelRef(1), action(step), c)
					require.Equal(t, saga.StateCompleted, end.State)
					require.NoError(t, end.Err)
					require.Nil(t, undoPlan(events))
				})
			})
		}
	}
}

func TestAStopDuringEveryCompensation(t *testing.T) {
	plan := reversed(parcelSteps)
	for at, step := range plan {
		done := saga.TypeCompensationCompleted
		if at == len(plan)-1 {
			done = saga.TypeSagaFailed
		}
		for _, c := range stopFaults(done, saga.TypeCompensationInterrupted, saga.TypeCompensationRetryScheduled) {
			t.Run(fmt.Sprintf("%s at compensation %d", c.name, at+1), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newShop(t)
					s.set(action("tell"), always(fails))
					end, events := s.stopDuring(parcelRef(1), compensation(step), c)
					require.Equal(t, saga.StateFailed, end.State)
					require.Equal(t, plan, undoPlan(events))
				})
			})
		}
	}
}

// stopDuring stops a process a second into an attempt, lets another one go on, and returns how the saga ends.
func (s *shop) stopDuring(ref saga.Ref, at place, c stopFault) (saga.Ending, []saga.Event) {
	s.t.Helper()
	store, began := memory.New(), make(chan struct{})
	s.set(at, first(func(ctx context.Context, e effect) error {
		close(began)
		return c.during(ctx, e)
	}))
	old := s.run(store)
	old.start(ref)
	<-began
	time.Sleep(time.Second)
	stopped := time.Now()
	old.stop()
	require.Equal(s.t, c.takes, time.Since(stopped))
	events := history(s.t, store, ref)
	require.Equal(s.t, c.records, events[len(events)-1].EventType())
	require.Equal(s.t, 1, attemptsAt(events, at), "nothing starts after the stop")
	old.start(ref) // a client that asks again is told that the saga is there
	p := s.run(store)
	end := p.rest(ref)
	p.stop()
	require.Equal(s.t, c.attempts, attemptsAt(history(s.t, store, ref), at))
	s.verify(store)
	return end, history(s.t, store, ref)
}

func TestInterruptionsUseUpNoAttemptButFiveOfThemPark(t *testing.T) {
	for _, at := range []place{action("pay"), compensation("pay")} {
		t.Run("at the "+at.direction.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, store, ref := newShop(t), memory.New(), parcelRef(1)
				want := saga.StateCompleted
				if at.direction == saga.Compensation {
					s.set(action("ship"), always(refuses))
					want = saga.StateFailed
				}
				s.set(at, script{first: slices.Repeat([]fault{hangs}, 5), then: succeeds})
				_, err := s.open(store).Start(t.Context(), ref.Name, ref.ID, parcel{})
				require.NoError(t, err)
				for range 5 {
					p := s.run(store)
					synctest.Wait()
					p.stop()
				}
				p := s.run(store)
				end := p.rest(ref)
				requireParked(t, end, at, saga.ParkedInterrupted, 5)
				require.Equal(t, want, p.redrive(ref, end).State)
				p.stop()
				s.verify(store)
			})
		})
	}
}

// Outcomes that come long after the grace, one upon the other, get their time to be stored in a slow store.
func TestOutcomesAfterTheGraceAreStoredHoweverManyTheyAre(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		var slow atomic.Bool
		p := s.run(&hooked{Store: store, appending: func(_ string, _ []eventstore.EventData, next appending) (
			eventstore.AppendResult, error,
		) {
			if slow.Load() {
				time.Sleep(6 * time.Second)
			}
			return next()
		}})
		for i := range 5 {
			s.set(action("pay"), always(takes(time.Duration(11+5*i)*time.Second, succeeds)))
			p.start(parcelRef(i))
			synctest.Wait()
		}
		slow.Store(true)
		p.stop()
		s.heal()
		next := s.run(store)
		for i := range 5 {
			require.Equal(t, saga.StateCompleted, next.rest(parcelRef(i)).State)
			require.Equal(t, 1, attemptsAt(history(t, store, parcelRef(i)), action("pay")))
		}
		next.stop()
		s.verify(store)
	})
}
