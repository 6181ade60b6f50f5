package saga_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/saga"
)

// anyTale draws a saga to which anything has happened, from its start to its end.
func anyTale(t *rapid.T) *walk {
	w := newWalk(t)
	w.wander(func() {})
	w.finish(func() {})
	return w
}

// refusedTale draws a saga of which some steps have succeeded before one is refused, and to which anything happens then.
func refusedTale(t *rapid.T) *walk {
	w := newWalk(t)
	for range rapid.IntRange(0, 3).Draw(t, "steps that succeed") {
		if !w.fold().State().Ended() {
			w.succeed()
		}
	}
	if open, is := w.openAttempt(); is {
		open.Outcome, open.Go = refused, true
		w.decide(open)
	}
	w.wander(func() {})
	w.finish(func() {})
	return w
}

func TestG23EveryDecisionIsThatOfTheNaiveSpecification(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := anyTale(t)
		for i, q := range w.asked[1:] {
			until := len(w.events)
			if i+2 < len(w.asked) {
				until = w.asked[i+2].after
			}
			want := append([]saga.Event{}, w.upTo(q.after).answer(q.command)...)
			require.Equal(t, want, append([]saga.Event{}, w.events[q.after:until]...),
				"%#v after %v", q.command, inBrief(w.events[:q.after]))
		}
	})
}

func TestEveryFoldIsWhatTheNaiveSpecificationSees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := anyTale(t)
		for n := 1; n <= len(w.events); n++ {
			p := w.upTo(n)
			inst := p.instance()
			require.Equal(t, p.state(), inst.State(), "%v", inBrief(p.events))
			_, parked := inst.Parked()
			require.Equal(t, p.parked(), parked, "%v", inBrief(p.events))
			_, paused := inst.Paused()
			require.Equal(t, p.paused(), paused, "%v", inBrief(p.events))
			for _, step := range inst.Steps() {
				require.Equal(t, p.succeeded(step.Name), step.Result != nil)
				for id, track := range map[trackID]saga.TrackStatus{
					{step.Name, saga.Action}: step.Action, {step.Name, saga.Compensation}: step.Compensation,
				} {
					require.Equal(t, p.attempts(id), track.Attempts)
					require.Equal(t, p.isOpen(id), track.Open)
					require.Equal(t, p.due(id), track.Due, "%v of %v", id, inBrief(p.events))
					require.Equal(t, p.problem(id), track.Error)
				}
			}
		}
	})
}

// Starts, outcomes and redrives come as messages, which can come again at any later moment.
func TestG4WhatIsToldAgainAddsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := anyTale(t)
		for i, q := range w.asked {
			switch q.command.(type) {
			case saga.StartSaga, saga.RecordOutcome, saga.Redrive, saga.Resolve, saga.Skip, saga.Cancel, saga.Terminate, saga.DeliverSignal:
			case saga.DeclareStillRunning, saga.DeclareMissing, saga.Attend: // news only of the moment in which they are declared
				if i+1 < len(w.asked) {
					w.requireNothingNew(w.asked[i+1].after, q.command)
				}
				continue
			default:
				continue
			}
			for _, later := range append(w.asked[i+1:], question{after: len(w.events)}) {
				w.requireNothingNew(later.after, q.command)
			}
		}
	})
}

func (w *walk) requireNothingNew(after int, command saga.Command) {
	events, err := w.upTo(after).instance().Decide(command)
	refused := errors.Is(err, saga.ErrEnded) || errors.Is(err, saga.ErrNotParked) || errors.Is(err, saga.ErrStale) ||
		errors.Is(err, saga.ErrTooLate)
	require.True(w.T, err == nil || refused, "%v", err)
	require.Empty(w.T, events, "%#v, told again after %v", command, inBrief(w.events[:after]))
}

// The key of an attempt follows from the saga, the step and the direction, and from how often an operator has had the
// compensation repeated because the action turned out to have happened after all; from nothing else.
func TestG9EveryAttemptCarriesTheKeyOfItsStepAndDirection(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := anyTale(t)
		for n, event := range w.events {
			id, _, begins, _ := attemptOf(event)
			if !begins {
				continue
			}
			_, generations := w.upTo(n).again()
			generation := 0
			if id.direction == saga.Compensation {
				generation = generations[id.step]
			}
			began, _ := w.upTo(n+1).since(id, n-1)
			require.Equal(t, saga.IdempotencyKey(w.ref, id.step, id.direction, generation), began[0].Key)
		}
	})
}

func TestG12ExactlyWhatMayHaveHappenedIsCompensated(t *testing.T) {
	failed, undid := 0, 0
	one := func(t *rapid.T) {
		w := rapid.SampledFrom([]func(*rapid.T) *walk{anyTale, refusedTale}).Draw(t, "tale")(t)
		if w.fold().State() == saga.StateTerminated { // in the middle of whatever it did
			return
		}
		if w.fold().State() != saga.StateFailed {
			require.Empty(t, eventsOf[saga.CompensationStarted](w.events))
			return
		}
		failed++
		_, turn := last(w.upTo(len(w.events)), anyOf[saga.CompensationRequested])
		want := w.upTo(turn).toUndo()
		var got []string
		for _, e := range eventsOf[saga.CompensationCompleted](w.events) {
			got = append(got, e.Step)
		}
		for _, e := range eventsOf[saga.StepResolved](w.events) {
			if e.Direction == saga.Compensation {
				got = append(got, e.Step)
			}
		}
		undid += len(got)
		slices.Sort(want)
		slices.Sort(got)
		require.Equal(t, append([]string{}, want...), append([]string{}, slices.Compact(got)...), "%v", inBrief(w.events))
	}
	rapid.Check(t, func(t *rapid.T) {
		for range 4 {
			one(t)
		}
	})
	require.NotZero(t, failed, "no saga failed")
	require.NotZero(t, undid, "no step was compensated")
}

func TestG13CompensationsBeginInTheReverseOrderOfTheirActions(t *testing.T) {
	pairs := 0
	one := func(t *rapid.T) {
		w := refusedTale(t)
		var did, undid []string
		for _, event := range w.events {
			switch e := event.(type) {
			case saga.StepStarted:
				if e.Attempt == 1 {
					did = append(did, e.Step)
				}
			case saga.CompensationStarted:
				if e.Attempt == 1 {
					undid = append(undid, e.Step)
				}
			case saga.StepResolved: // before it has started, as if it had then
				if e.Direction == saga.Action && !slices.Contains(did, e.Step) {
					did = append(did, e.Step)
				}
			}
		}
		for i := range undid[:max(len(undid)-1, 0)] {
			pairs++
			require.Greater(t, slices.Index(did, undid[i]), slices.Index(did, undid[i+1]), "%v", inBrief(w.events))
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		for range 4 { // so that a few checks see two steps that were compensated
			one(t)
		}
	})
	require.NotZero(t, pairs, "no two steps were compensated")
}

func eventsOf[E saga.Event](events []saga.Event) (found []E) {
	for _, event := range events {
		if e, is := event.(E); is {
			found = append(found, e)
		}
	}
	return found
}

// The saga that stays in memory while it runs is the one that a restart finds in the log, at every moment: what it went on
// from there comes to the same as what the whole history says, and both decide alike.
func TestASagaInMemoryIsTheOneThatARestartLoads(t *testing.T) {
	registry, err := saga.NewRegistry()
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		w := anyTale(t)
		inMemory := saga.NewInstance(w.ref)
		var stored []saga.Event
		for n, event := range w.events {
			inMemory.Evolve(event)
			encoded, err := registry.Encode(event)
			require.NoError(t, err)
			decoded, err := registry.Decode(encoded.Type, encoded.Schema, encoded.Data)
			require.NoError(t, err)
			stored = append(stored, decoded.(saga.Event))
			loaded := past{ref: w.ref, events: stored}.instance()
			require.Equal(t, asJSON(t, inMemory), asJSON(t, loaded), "%v", inBrief(stored))
			for _, command := range []saga.Command{
				saga.Proceed{Now: w.at[n].Add(time.Hour)}, saga.Recover{Now: w.at[n], Go: true},
			} {
				want, errWant := inMemory.Decide(command)
				got, errGot := loaded.Decide(command)
				require.Equal(t, want, got)
				require.Equal(t, errWant == nil, errGot == nil)
			}
		}
	})
}

// asJSON is everything that a saga tells of itself.
func asJSON(t require.TestingT, inst *saga.Instance) string {
	parked, is := inst.Parked()
	step, reason := inst.Failure()
	text, err := json.Marshal(map[string]any{
		"state": inst.State(), "revision": inst.Revision(), "version": inst.Version(), "hash": inst.DefinitionHash(),
		"plan": inst.Plan(), "data": inst.Data(), "steps": inst.Steps(), "parked": parked, "is parked": is,
		"failed": step, "reason": reason, "fault": inst.Fault(), "overdue": inst.Overdue(), "deadline": inst.Deadline(),
	})
	require.NoError(t, err)
	return string(text)
}

// In the log, the delays between the attempts of one step stay within the policy, and with equal jitter never shrink.
func TestG8DelaysInTheLogStayWithinThePolicyAndNeverShrink(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		policy := saga.RetryPolicy{
			InitialInterval:    time.Duration(rapid.IntRange(1, 1e6).Draw(t, "initial")) * time.Millisecond,
			BackoffCoefficient: rapid.Float64Range(1, 1000).Draw(t, "coefficient"),
			MaximumAttempts:    rapid.IntRange(2, 12).Draw(t, "attempts"),
		}
		policy.MaximumInterval = policy.InitialInterval * time.Duration(rapid.IntRange(1, 1e6).Draw(t, "times"))
		jitter := rapid.Float64Range(0, 0.999).Draw(t, "jitter")
		s := begin(t, define("Slow", readOnly("a", saga.StepOptions{Retry: policy})))
		var before time.Duration
		for n := 1; n < policy.MaximumAttempts; n++ {
			end := s.ending(failed)
			end.Jitter, end.Go = jitter, false
			s.decide(end)
			delay := dueOf(s.events[len(s.events)-1]).Sub(s.now)
			require.LessOrEqual(t, delay, policy.MaximumInterval)
			require.GreaterOrEqual(t, delay, policy.InitialInterval/4*3-time.Millisecond)
			require.GreaterOrEqual(t, delay, before, "attempt %d", n)
			before = delay
			s.pass(delay)
			require.Empty(t, s.upTo(len(s.events)).instance().Fault())
			s.decide(saga.Proceed{Now: s.now})
		}
		s.ends(failed, fmt.Sprint("failed a ", policy.MaximumAttempts), "turn at a: ", "SagaFailed")
	})
}
