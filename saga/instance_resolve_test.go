package saga_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

// resolution is what an operator says of what the saga is parked at.
func (s *tale) resolution() saga.Resolve {
	parked, is := s.fold().Parked()
	require.True(s.t, is, "%v", inBrief(s.events))
	r := saga.Resolve{
		Step: parked.Step, Direction: parked.Direction, Actor: "ann", Reason: "they said so", SeenRevision: s.fold().Revision(),
	}
	if r.Direction == saga.Compensation {
		r.Evidence = "receipt 4"
	}
	return r
}

// resolve lets an operator say what came of what the saga is parked at, and lets it go on.
func (s *tale) resolve(want ...string) {
	s.t.Helper()
	events := s.decide(s.resolution())
	require.Equal(s.t, want, append(events, s.decide(saga.Proceed{Now: s.now})...))
}

// unknownPivot tells of a saga that is parked because nobody knows whether its pivot has happened.
func unknownPivot(t *testing.T) *tale {
	s := atPivot(t)
	s.ends(interrupt, "interrupted buy 1", "do buy 2")
	s.ends(refused, "failed buy 2 for good", "park buy action pivot_outcome_unknown")
	return s
}

func TestG20AResolvedActionIsCompletedAndTheSagaGoesOn(t *testing.T) {
	t.Run("a pivot passes the point of no return", func(t *testing.T) {
		s := unknownPivot(t)
		r := s.resolution()
		r.Result = json.RawMessage(`{"ticket":4}`)
		s.when(r).Then(saga.StepResolved{
			Step: "buy", Result: json.RawMessage(`{"ticket":4}`), Actor: "ann", Reason: "they said so", SeenRevision: r.SeenRevision,
		})
		s.decide(r)
		require.JSONEq(t, `{"ticket":4}`, string(s.fold().Steps()[2].Result))
		require.Equal(t, saga.StepStateCompleted, s.fold().Steps()[2].State)
		s.when(saga.Cancel{Actor: "ann", Reason: "r", SeenRevision: saga.NotSeen}).ThenError(saga.ErrTooLate)
		s.then(saga.Proceed{Now: s.now}, "do mail 1")
		s.ends(ok("m"), "did mail 1", "SagaCompleted")
	})
	t.Run("without a result it is null", func(t *testing.T) {
		s := unknownPivot(t)
		s.resolve("resolve buy action", "do mail 1")
		require.JSONEq(t, `null`, string(s.fold().Steps()[2].Result))
	})
	t.Run("the last step ends the saga", func(t *testing.T) {
		s := begin(t, define("Re", retriable("r", once())))
		s.ends(refused, "failed r 1 for good", "park r action permanent_error")
		s.resolve("resolve r action", "SagaCompleted")
	})
	t.Run("a saga that was cancelled meanwhile turns round, and undoes it", func(t *testing.T) {
		s := begin(t, twoSteps())
		s.ends(ok("a"), "did a 1", "do b 1")
		s.then(unwanted, "cancel")
		s.then(saga.DeclareStillRunning{}, "park b action attempt_still_running")
		s.ends(timedOut, "timed out b 1")
		s.resolve("resolve b action", "turn at : b a", "undo b 1")
	})
	t.Run("one that was cancelled while its pivot was unknown goes on", func(t *testing.T) {
		s := unknownPivot(t)
		s.then(unwanted, "cancel")
		s.resolve("resolve buy action", "do mail 1")
	})
	t.Run("a branch, while another one runs", func(t *testing.T) {
		s := begin(t, define("Par", saga.Parallel("g", compensable("a", once()), compensable("b", once())), compensable("c", once())))
		s.then(saga.Proceed{Now: s.now, Spare: 3}, "do b 1")
		s.then(saga.DeclareStillRunning{Step: "a"}, "park a action attempt_still_running")
		end := s.ending(timedOut)
		end.Step = "a"
		s.then(end, "timed out a 1")
		s.resolve("resolve a action")
		s.ends(ok("b"), "did b 1", "do c 1")
	})
	t.Run("a step that has not started is undone as if it had, in its turn", func(t *testing.T) {
		s := begin(t, define("Two", compensable("a", once()), compensable("b", once()), compensable("c", once())))
		end := s.ending(ok("a"))
		end.Go = false
		s.then(end, "did a 1")
		s.then(saga.DeclareMissing{}, "park b action step_missing")
		s.resolve("resolve b action", "do c 1")
		s.ends(refused, "failed c 1 for good", "turn at c: b a", "undo b 1")
	})
}

func TestG12AResolvedCompensationIsDoneAndTheRestOfThePlanGoesOn(t *testing.T) {
	s := blind(t)
	s.ends(refused, "undo failed a 1 for good", "park a compensation permanent_error")
	s.when(s.resolution()).Then(saga.StepResolved{
		Step: "a", Direction: saga.Compensation, Evidence: "receipt 4", Actor: "ann", Reason: "they said so",
		SeenRevision: s.fold().Revision(),
	})
	s.resolve("resolve a compensation", "SagaFailed")
	require.Equal(t, saga.StepStateCompensated, s.fold().Steps()[0].State)
}

func TestALateSuccessIsNoNewsToWhoHasResolvedTheAction(t *testing.T) {
	s := unknownPivot(t)
	s.resolve("resolve buy action", "do mail 1")
	s.when(lateSuccess(s, "buy")).ThenNothing()
}

func TestG20ALateSuccessOfACompensationThatWasResolvedBlindParksTheSagaAgain(t *testing.T) {
	stuck := func(t *testing.T) *tale {
		s := begin(t, twoSteps())
		s.ends(ok("a"), "did a 1", "do b 1")
		s.ends(failed, "failed b 1", "turn at b: b a", "undo b 1 blind")
		s.ends(refused, "undo failed b 1 for good", "park b compensation permanent_error")
		return s
	}
	t.Run("when it comes after the resolution", func(t *testing.T) {
		s := stuck(t)
		s.resolve("resolve b compensation", "undo a 1")
		s.then(lateSuccess(s, "b"), "did b 1 late", "park b compensation late_success")
		s.redrive("redrive b compensation")
		s.ends(undone, "undid a 1", "undo b 2")
		require.Equal(t, "Late/7/b/compensation/2", lastStart(s).Key)
	})
	t.Run("and that is resolved with the result known", func(t *testing.T) {
		s := stuck(t)
		s.resolve("resolve b compensation", "undo a 1")
		s.then(lateSuccess(s, "b"), "did b 1 late", "park b compensation late_success")
		s.resolve("resolve b compensation")
		s.ends(undone, "undid a 1", "SagaFailed")
	})
	t.Run("not when it came before it", func(t *testing.T) {
		s := stuck(t)
		s.then(lateSuccess(s, "b"), "did b 1 late")
		s.resolve("resolve b compensation", "undo a 1")
		s.ends(undone, "undid a 1", "SagaFailed")
	})
	t.Run("nor when the compensation had been repeated with the result", func(t *testing.T) {
		s := blind(t)
		s.then(lateSuccess(s, "b"), "did b 1 late", "park b compensation late_success")
		s.ends(undone, "undid a 1")
		s.redrive("redrive b compensation", "undo b 2")
		s.ends(refused, "undo failed b 2 for good", "park b compensation permanent_error")
		s.resolve("resolve b compensation", "SagaFailed")
	})
}

func TestG20ResolveIsRefusedWhereItCannotBe(t *testing.T) {
	s := unknownPivot(t)
	refuse := func(change func(*saga.Resolve), err error) {
		t.Helper()
		r := s.resolution()
		change(&r)
		s.when(r).ThenError(err)
	}
	refuse(func(r *saga.Resolve) { r.Actor = "" }, saga.ErrNoActor)
	refuse(func(r *saga.Resolve) { r.Reason = "" }, saga.ErrNoActor)
	refuse(func(r *saga.Resolve) { r.SeenRevision-- }, saga.ErrStale)
	refuse(func(r *saga.Resolve) { r.SeenRevision = saga.NotSeen }, saga.ErrStale)
	refuse(func(r *saga.Resolve) { r.Step = "hotel" }, saga.ErrParkedElsewhere)
	refuse(func(r *saga.Resolve) { r.Step = "nowhere" }, saga.ErrParkedElsewhere)
	refuse(func(r *saga.Resolve) { r.Direction = saga.Compensation }, saga.ErrParkedElsewhere)
	refuse(func(r *saga.Resolve) { r.Evidence = "e" }, saga.ErrInvalidResolution)
	refuse(func(r *saga.Resolve) { r.Result = json.RawMessage(`{`) }, saga.ErrInvalidResolution)
	refuse(func(r *saga.Resolve) {
		r.Result = json.RawMessage(`"` + strings.Repeat("x", saga.MaxPayloadBytes) + `"`)
	}, saga.ErrInvalidResolution)
	again := s.resolution()
	s.resolve("resolve buy action", "do mail 1")
	again.SeenRevision = s.fold().Revision()
	s.when(again).ThenError(saga.ErrNotParked)

	s = blind(t)
	s.ends(refused, "undo failed a 1 for good", "park a compensation permanent_error")
	refuse(func(r *saga.Resolve) { r.Evidence = "" }, saga.ErrInvalidResolution)
	refuse(func(r *saga.Resolve) { r.Result = json.RawMessage(`1`) }, saga.ErrInvalidResolution)
}

func TestG20ResolveWaitsForTheOutcomeOfAnOpenAttempt(t *testing.T) {
	s := begin(t, define("Two", compensable("a", once()), compensable("b", once())))
	s.then(saga.DeclareStillRunning{}, "park a action attempt_still_running")
	s.when(s.resolution()).ThenError(saga.ErrAttemptOpen)
	s.ends(ok("a"), "did a 1")
	s.when(s.resolution()).ThenError(saga.ErrOutcomeKnown)
	s.redrive("redrive a action", "do b 1")
	s.ends(refused, "failed b 1 for good", "turn at b: a", "undo a 1")
	s.then(saga.DeclareStillRunning{}, "park a compensation attempt_still_running")
	s.when(s.resolution()).ThenError(saga.ErrAttemptOpen)
	s.ends(undone, "undid a 1")
	s.when(s.resolution()).ThenError(saga.ErrOutcomeKnown)
}

func TestG20APausedSagaThatIsResolvedStaysPaused(t *testing.T) {
	s := unknownPivot(t)
	s.decide(pause)
	s.resolve("resolve buy action")
	s.decide(resume)
	s.then(saga.Proceed{Now: s.now}, "do mail 1")
}

func TestG16ABranchThatIsResolvedBeforeItHasStartedPassesThePointOfNoReturn(t *testing.T) {
	s := begin(t, define("Par", compensable("a", once()), saga.Parallel("g", retriable("b", once()), retriable("c", once()))))
	end := s.ending(ok("a"))
	end.Go = false
	s.then(end, "did a 1")
	s.then(saga.DeclareMissing{Step: "c"}, "park c action step_missing")
	s.resolve("resolve c action", "do b 1")
	s.when(unwanted).ThenError(saga.ErrTooLate)
}
