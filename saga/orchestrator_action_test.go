package saga_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

// actionFault is one way in which the action of a step goes wrong, and what must become of the saga.
type actionFault struct {
	name     string
	script   script
	attempts int // of the step
	// completes: the saga completes all the same; otherwise it fails, and mayHaveHappened tells whether the step itself is
	// compensated.
	completes, mayHaveHappened bool
}

func actionFaults() []actionFault {
	const tooLate = 90 * time.Second // after the deadline, before the end of patience
	return []actionFault{
		{"a permanent error", always(refuses), 1, false, false},
		{"a permanent error after a transient one", first(fails, refuses), 2, false, true},
		{"a permanent error after a timeout", first(hangs, refuses), 2, false, true},
		{"a transient error", first(fails), 2, true, false},
		{"two transient errors", first(fails, fails), 3, true, false},
		{"retries used up", always(fails), 3, false, true},
		{"retries used up, each with its effect", always(afterItsEffect(fails)), 3, false, true},
		{"an effect reported as an error", first(afterItsEffect(fails)), 2, true, false},
		{"a timeout", first(hangs), 2, true, false},
		{"timeouts until retries are used up", always(hangs), 3, false, true},
		{"an effect reported as timed out", first(afterItsEffect(hangs)), 2, true, false},
		{"an effect reported as timed out for good", always(afterItsEffect(hangs)), 3, false, true},
		{"a success after the deadline, deaf to the context", first(takes(tooLate, succeeds)), 1, true, false},
		{"an error after the deadline, deaf to the context", first(takes(tooLate, fails)), 2, true, false},
		{"an effect and an error after the deadline", first(takes(tooLate, afterItsEffect(fails))), 2, true, false},
		{"errors after the deadline until retries are used up", always(takes(tooLate, fails)), 3, false, true},
		{"a success after the deadline of the last attempt", first(fails, fails, takes(tooLate, succeeds)), 3, false, true},
		{"a panic", first(panics), 2, true, false},
		{"panics until retries are used up", always(panics), 3, false, true},
		{"a panic after the effect", always(afterItsEffect(panics)), 3, false, true},
		{"runtime.Goexit", first(quits), 2, true, false},
		{"runtime.Goexit until retries are used up", always(afterItsEffect(quits)), 3, false, true},
	}
}

func TestEveryFaultOfEveryActionEndsWithBalancedBooks(t *testing.T) {
	for i, step := range parcelSteps {
		for _, c := range actionFaults() {
			t.Run(fmt.Sprintf("%s at step %d", c.name, i+1), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s, store, ref := newShop(t), memory.New(), parcelRef(1)
					s.set(action(step), c.script)
					p := s.run(store)
					p.start(ref)
					end := p.rest(ref)
					p.stop()
					require.Nil(t, end.Parked)
					events := history(t, store, ref)
					require.Equal(t, c.attempts, attemptsAt(events, action(step)))
					if c.completes {
						require.Equal(t, saga.StateCompleted, end.State)
						require.Nil(t, undoPlan(events))
					} else {
						require.Equal(t, saga.StateFailed, end.State)
						require.Equal(t, compensated(parcelSteps, i, c.mayHaveHappened), undoPlan(events))
					}
					s.verify(store)
				})
			})
		}
	}
}

// compensated returns what must be compensated when step i fails: everything before it, and it too if it may have
// happened, last first.
func compensated(steps []string, i int, mayHaveHappened bool) []string {
	if mayHaveHappened {
		i++
	}
	return reversed(steps[:i])
}

func TestAPanicLeavesItsStackInTheHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store, ref := newShop(t), memory.New(), parcelRef(1)
		s.set(action("pay"), first(panics))
		p := s.run(store)
		p.start(ref)
		require.NoError(t, p.rest(ref).Err)
		p.stop()
		var failures []saga.StepFailed
		for _, event := range history(t, store, ref) {
			if e, ok := event.(saga.StepFailed); ok {
				failures = append(failures, e)
			}
		}
		require.Len(t, failures, 1)
		require.Equal(t, "panic: out of cheese", failures[0].Error)
		require.Contains(t, failures[0].Stack, "saga_test.panics")
		require.False(t, failures[0].Permanent)
	})
}

// An attempt that does not return by one further timeout after its deadline parks the saga: nothing may start beside it.
func TestAnActionThatDoesNotReturnParksTheSaga(t *testing.T) {
	for i, step := range parcelSteps {
		for _, c := range []struct {
			name string
			then fault
			want []string // the events after the redrive, of this step
		}{
			{"and then succeeds", succeeds, nil},
			{"and then fails", fails, []string{"do " + step + " 2", "did " + step + " 2"}},
			{"and then fails after its effect", afterItsEffect(fails), []string{"do " + step + " 2", "did " + step + " 2"}},
		} {
			t.Run(fmt.Sprintf("%s at step %d", c.name, i+1), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s, store, ref := newShop(t), memory.New(), parcelRef(1)
					returns := make(chan struct{})
					s.set(action(step), first(waits(returns, c.then)))
					p := s.run(store)
					p.start(ref)
					began := time.Now()
					end := p.rest(ref)
					require.NotNil(t, end.Parked)
					require.Equal(t, saga.ParkedStillRunning, end.Parked.Reason)
					require.Equal(t, step, end.Parked.Step)
					require.Equal(t, saga.Action, end.Parked.Direction)
					require.Equal(t, 2*time.Minute, time.Since(began), "one timeout, and one more to return in")
					again := p.redrive(ref, end)
					require.NotNil(t, again.Parked, "a redrive starts nothing while the attempt still runs")
					require.Equal(t, saga.ParkedStillRunning, again.Parked.Reason)
					require.Equal(t, 1, attemptsAt(history(t, store, ref), action(step)))
					close(returns)
					synctest.Wait()
					before := len(history(t, store, ref))
					end = p.redrive(ref, again)
					require.NoError(t, end.Err)
					require.Equal(t, saga.StateCompleted, end.State)
					after := inBrief(history(t, store, ref)[before:])
					require.Equal(t, "redrive "+step+" action", after[0])
					if c.want != nil {
						require.Equal(t, c.want, after[1:3])
					}
					p.stop()
					s.verify(store)
				})
			})
		}
	}
}

// A machine was asleep: the timer of a deadline comes an hour late. The attempt still gets its time to return in.
func TestALateTimerParksNoAttemptBeforeItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store, ref := newShop(t), memory.New(), parcelRef(1)
		s.set(action("pay"), first(takes(30*time.Second, succeeds)))
		var asleep atomic.Int64
		p := s.run(store, func(c *saga.Config) {
			c.Clock = func() time.Time { return time.Now().Add(time.Duration(asleep.Load())) }
		})
		p.start(ref)
		synctest.Wait()
		asleep.Store(int64(time.Hour))
		require.NoError(t, p.rest(ref).Err)
		brief := inBrief(history(t, store, ref))
		require.Contains(t, brief, "timed out pay 1")
		require.Contains(t, brief, "did pay 1 late")
		p.stop()
		s.verify(store)
	})
}
