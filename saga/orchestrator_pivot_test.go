package saga_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

// The same faults in a saga with a point of no return: before it the saga is compensated, a pivot whose outcome is
// unknown and a step after it park the saga, and a redrive takes it to its end.
func TestEveryFaultAroundThePointOfNoReturn(t *testing.T) {
	for i, step := range ticketSteps {
		for _, c := range actionFaults() {
			t.Run(fmt.Sprintf("%s at %s", c.name, step), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s, store, ref := newShop(t), memory.New(), ticketRef(1)
					s.set(action(step), c.script)
					p := s.run(store)
					p.start(ref)
					end := p.rest(ref)
					events := history(t, store, ref)
					require.Equal(t, c.attempts, attemptsAt(events, action(step)))
					turns := step == "hold" || step == "quote" || step == "buy" && !c.mayHaveHappened
					switch {
					case c.completes:
						require.Equal(t, saga.StateCompleted, end.State)
						require.Nil(t, end.Parked)
					case turns:
						require.Equal(t, saga.StateFailed, end.State)
						require.Equal(t, compensated(ticketSteps, i, c.mayHaveHappened), undoPlan(events))
					default:
						requireParked(t, end, action(step), whyPastTheTurn(step, c), c.attempts)
						require.Nil(t, undoPlan(events), "nothing is compensated past the point of no return")
						requireRedriven(t, s, p, ref, end, action(step), c)
					}
					p.stop()
					s.verify(store)
				})
			})
		}
	}
}

func whyPastTheTurn(step string, c actionFault) saga.ParkReason {
	switch {
	case step == "buy":
		return saga.ParkedPivotUnknown
	case strings.HasPrefix(c.name, "a permanent error"):
		return saga.ParkedPermanentError
	}
	return saga.ParkedRetriesUsedUp
}

// requireRedriven redrives a parked saga while its step is still broken, and again when it is not.
func requireRedriven(t *testing.T, s *shop, p *process, ref saga.Ref, end saga.Ending, at place, c actionFault) {
	t.Helper()
	attempts := c.attempts
	if strings.HasPrefix(c.name, "a success after") {
		time.Sleep(time.Hour) // it becomes known, and the redrive needs no further attempt
	} else {
		s.set(at, always(refuses))
		end = p.redrive(ref, end)
		require.NotNil(t, end.Parked, "the cause was not removed")
		attempts++
		require.Equal(t, attempts, end.Parked.Attempts, "attempt numbers go on")
		s.set(at, script{})
		attempts++
	}
	end = p.redrive(ref, end)
	require.NoError(t, end.Err)
	require.Equal(t, saga.StateCompleted, end.State)
	inst, err := p.Load(t.Context(), ref.Name, ref.ID)
	require.NoError(t, err)
	require.Equal(t, saga.StateCompleted, inst.State())
	_, parked := inst.Parked()
	require.False(t, parked)
	require.Equal(t, attempts, attemptsAt(history(t, p.store, ref), at))
}

func TestAPivotThatDoesNotReturnParksTheSaga(t *testing.T) {
	for _, step := range []string{"buy", "mail"} {
		for name, then := range map[string]fault{"and then succeeds": succeeds, "and then fails": fails} {
			t.Run(step+" "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s, store, ref := newShop(t), memory.New(), ticketRef(1)
					returns := make(chan struct{})
					s.set(action(step), first(waits(returns, then)))
					p := s.run(store)
					p.start(ref)
					end := p.rest(ref)
					requireParked(t, end, action(step), saga.ParkedStillRunning, 1)
					close(returns)
					synctest.Wait()
					require.Equal(t, saga.StateCompleted, p.redrive(ref, end).State)
					p.stop()
					s.verify(store)
				})
			})
		}
	}
}

func TestAStopDuringEveryStepAroundThePointOfNoReturn(t *testing.T) {
	for i, step := range ticketSteps {
		done := saga.TypeStepCompleted
		if i == len(ticketSteps)-1 {
			done = saga.TypeSagaCompleted
		}
		for _, c := range stopFaults(done, saga.TypeStepInterrupted, saga.TypeStepRetryScheduled) {
			t.Run(fmt.Sprintf("%s at %s", c.name, step), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newShop(t)
					end, events := s.stopDuring(ticketRef(1), action(step), c)
					require.Equal(t, saga.StateCompleted, end.State)
					require.NoError(t, end.Err)
					require.Nil(t, undoPlan(events))
				})
			})
		}
	}
}

func TestACrashDuringThePivotAsksItAgain(t *testing.T) {
	for _, step := range []string{"buy", "mail"} {
		for name, dies := range map[string]func(fault) fault{
			"before its effect": func(f fault) fault { return f }, "after its effect": afterItsEffect,
		} {
			t.Run(step+" "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s, store, ref := newShop(t), memory.New(), ticketRef(1)
					m, began := newMortal(store, 0, false), make(chan struct{})
					s.set(action(step), first(dies(func(context.Context, effect) error {
						close(began)
						return m.rot()
					})))
					old := s.run(m)
					old.start(ref)
					<-began
					m.die()
					p := s.run(store)
					end := p.rest(ref)
					require.NoError(t, end.Err)
					require.Equal(t, 2, attemptsAt(history(t, store, ref), action(step)))
					m.bury(old)
					p.stop()
					s.verify(store)
				})
			})
		}
	}
}
