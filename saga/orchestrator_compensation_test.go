package saga_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

// undoFault is one way in which a compensation goes wrong. parks is why the saga waits for a person then, "" when it
// does not.
type undoFault struct {
	name     string
	script   script
	attempts int
	parks    saga.ParkReason
}

func undoFaults() []undoFault {
	const tooLate = 90 * time.Second
	return []undoFault{
		{"a transient error", first(fails), 2, ""},
		{"two transient errors", first(fails, fails), 3, ""},
		{"an error after the effect", first(afterItsEffect(fails)), 2, ""},
		{"retries used up", always(fails), 3, saga.ParkedRetriesUsedUp},
		{"retries used up, each with its effect", always(afterItsEffect(fails)), 3, saga.ParkedRetriesUsedUp},
		{"a permanent error", always(refuses), 1, saga.ParkedPermanentError},
		{"a permanent error after a transient one", first(fails, refuses), 2, saga.ParkedPermanentError},
		{"a timeout", first(hangs), 2, ""},
		{"a timeout after the effect", first(afterItsEffect(hangs)), 2, ""},
		{"timeouts until retries are used up", always(hangs), 3, saga.ParkedRetriesUsedUp},
		{"a success after the deadline, deaf to the context", first(takes(tooLate, succeeds)), 2, ""},
		{"an error after the deadline, deaf to the context", first(takes(tooLate, fails)), 2, ""},
		{"a panic", first(panics), 2, ""},
		{"panics until retries are used up", always(panics), 3, saga.ParkedRetriesUsedUp},
		{"runtime.Goexit", first(quits), 2, ""},
		{"runtime.Goexit until retries are used up", always(afterItsEffect(quits)), 3, saga.ParkedRetriesUsedUp},
	}
}

// turns are the two ways in which a saga comes to compensate all its steps: the last one may have happened or not.
var turns = []struct {
	name string
	last script
	plan []string
}{
	{"after a refusal", always(refuses), reversed(parcelSteps[:3])},
	{"after an unknown outcome", always(fails), reversed(parcelSteps)},
	{"after a hidden effect", always(afterItsEffect(fails)), reversed(parcelSteps)},
}

func TestEveryFaultOfEveryCompensationEndsWithBalancedBooks(t *testing.T) {
	for _, turn := range turns {
		for at, step := range turn.plan {
			for _, c := range undoFaults() {
				t.Run(fmt.Sprintf("%s %s at compensation %d", c.name, turn.name, at+1), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						s, store, ref := newShop(t), memory.New(), parcelRef(1)
						s.set(action("tell"), turn.last)
						s.set(compensation(step), c.script)
						p := s.run(store)
						p.start(ref)
						end := p.rest(ref)
						require.Equal(t, c.attempts, attemptsAt(history(t, store, ref), compensation(step)))
						if c.parks != "" {
							requireParked(t, end, compensation(step), c.parks, c.attempts)
							s.set(compensation(step), script{})
							end = p.redrive(ref, end)
							require.Equal(t, c.attempts+1, attemptsAt(history(t, store, ref), compensation(step)))
						}
						require.Nil(t, end.Parked)
						require.Equal(t, saga.StateFailed, end.State)
						require.Equal(t, turn.plan, undoPlan(history(t, store, ref)))
						p.stop()
						s.verify(store)
					})
				})
			}
		}
	}
}

func requireParked(t testing.TB, end saga.Ending, at place, why saga.ParkReason, attempts int) {
	t.Helper()
	require.NotNil(t, end.Parked, "the saga is %s", end.State)
	require.Equal(t, place{end.Parked.Step, end.Parked.Direction}, at)
	require.Equal(t, why, end.Parked.Reason)
	require.Equal(t, attempts, end.Parked.Attempts)
	var parked *saga.ParkedError
	require.ErrorAs(t, end.Err, &parked)
	require.ErrorContains(t, end.Err, end.Parked.Remedy())
}

func TestACompensationThatDoesNotReturnParksTheSaga(t *testing.T) {
	for at, step := range reversed(parcelSteps) {
		for name, then := range map[string]fault{
			"and then succeeds": succeeds, "and then fails": fails, "and then refuses": refuses,
		} {
			t.Run(fmt.Sprintf("%s at compensation %d", name, at+1), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s, store, ref := newShop(t), memory.New(), parcelRef(1)
					returns := make(chan struct{})
					s.set(action("tell"), always(fails))
					s.set(compensation(step), first(waits(returns, then)))
					p := s.run(store)
					p.start(ref)
					end := p.rest(ref)
					requireParked(t, end, compensation(step), saga.ParkedStillRunning, 1)
					again := p.redrive(ref, end)
					requireParked(t, again, compensation(step), saga.ParkedStillRunning, 1)
					close(returns)
					synctest.Wait()
					end = p.redrive(ref, again)
					require.Equal(t, saga.StateFailed, end.State)
					require.Equal(t, reversed(parcelSteps), undoPlan(history(t, store, ref)))
					p.stop()
					s.verify(store)
				})
			})
		}
	}
}

func TestTheEndOfAFailedSagaNamesTheReasonAndWhatWentWrongOnTheWayBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store, ref := newShop(t), memory.New(), parcelRef(1)
		s.set(action("ship"), always(refuses))
		s.set(compensation("pay"), first(fails))
		p := s.run(store)
		p.start(ref)
		end := p.rest(ref)
		p.stop()
		var failed *saga.FailedError
		require.ErrorAs(t, end.Err, &failed)
		require.Equal(t, "ship", failed.Step)
		require.Equal(t, "step ship: refused", failed.Reason)
		require.ErrorContains(t, failed.Causes, "refused")
		require.ErrorContains(t, failed.Causes, "compensation of step pay: broken pipe")
	})
}
