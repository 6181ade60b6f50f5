package saga_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

var (
	pause  = saga.Pause{Actor: "ann", Reason: "the bank is closed", SeenRevision: saga.NotSeen}
	resume = saga.Resume{Actor: "ann", Reason: "the bank is open", SeenRevision: saga.NotSeen}
)

func TestG20NothingOfAPausedSagaBegins(t *testing.T) {
	t.Run("after the success of the open attempt", func(t *testing.T) {
		s := begin(t, orderDef())
		s.then(pause, "SagaPaused")
		s.ends(ok("r"), "did reserve 1")
		s.when(saga.Proceed{Now: s.now.Add(time.Hour), Spare: 3}).ThenNothing()
		s.when(saga.Attend{Now: s.now.Add(time.Hour)}).ThenNothing()
		s.then(resume, "SagaResumed")
		s.then(saga.Proceed{Now: s.now}, "do pay 1")
	})
	t.Run("when a retry is due, and its due time stays", func(t *testing.T) {
		s := begin(t, orderDef())
		s.ends(failed, "failed reserve 1", "retry reserve 2")
		due := dueOf(s.events[len(s.events)-1])
		s.then(pause, "SagaPaused")
		require.Equal(t, due, s.fold().Steps()[0].Action.Due)
		s.when(saga.Proceed{Now: due}).ThenNothing()
		s.then(resume, "SagaResumed")
		s.when(saga.Proceed{Now: due.Add(-time.Millisecond)}).ThenNothing()
		s.then(saga.Proceed{Now: due}, "do reserve 2")
	})
	t.Run("after its last step, so that it does not end", func(t *testing.T) {
		s := begin(t, define("One", compensable("a", once())))
		s.then(pause, "SagaPaused")
		s.ends(ok("x"), "did a 1")
		require.Equal(t, saga.StatePending, s.fold().State())
		s.then(resume, "SagaResumed")
		s.then(saga.Proceed{Now: s.now}, "SagaCompleted")
	})
	t.Run("after a failure, so that it does not turn round", func(t *testing.T) {
		s := begin(t, orderDef())
		s.then(pause, "SagaPaused")
		s.ends(refused, "failed reserve 1 for good")
		s.then(resume, "SagaResumed")
		s.then(saga.Proceed{Now: s.now}, "turn at reserve: ", "SagaFailed")
	})
	t.Run("nor is it parked", func(t *testing.T) {
		s := begin(t, orderDef())
		s.then(pause, "SagaPaused")
		s.when(saga.DeclareStillRunning{}).ThenNothing()
		s.when(saga.DeclareMissing{}).ThenNothing()
		for range 6 {
			s.ends(interrupt, "interrupted reserve "+attemptNumber(s))
			s.decide(resume)
			require.Len(t, s.decide(saga.Proceed{Now: s.now}), 1)
			s.decide(pause)
		}
		s.decide(resume)
		s.ends(interrupt, "interrupted reserve 7", "park reserve action interrupted_too_often")
	})
}

func attemptNumber(s *tale) string {
	return string(rune('0' + s.fold().Steps()[0].Action.Attempts))
}

func TestG20APausedSagaTellsWhoAndWhy(t *testing.T) {
	s := begin(t, orderDef())
	_, is := s.fold().Paused()
	require.False(t, is)
	s.decide(pause)
	paused, is := s.fold().Paused()
	require.True(t, is)
	require.Equal(t, saga.SagaPaused{Actor: "ann", Reason: "the bank is closed"}, paused)
	s.when(pause).ThenNothing()
	s.when(saga.Pause{Actor: "ann", SeenRevision: saga.NotSeen}).ThenError(saga.ErrNoActor)
	s.when(saga.Resume{Reason: "r", SeenRevision: saga.NotSeen}).ThenError(saga.ErrNoActor)
	s.when(saga.Resume{Actor: "ann", Reason: "r", SeenRevision: 0}).ThenError(saga.ErrStale)
	s.decide(resume)
	s.when(resume).ThenError(saga.ErrNotPaused)
	s.when(saga.Pause{Actor: "ann", Reason: "r", SeenRevision: 1}).ThenError(saga.ErrStale)
}

func TestG20AWaitNeitherBeginsNorEndsWhileTheSagaIsPaused(t *testing.T) {
	approval := saga.Await[goods](
		"approve", saga.AwaitOptions[string]{Timeout: time.Minute})
	s := begin(t, define("Wait", compensable("a", once()), approval, compensable("b", once())))
	s.decide(pause)
	s.ends(ok("x"), "did a 1")
	s.when(saga.Attend{Now: s.now}).ThenNothing()
	s.decide(resume)
	s.then(saga.Attend{Now: s.now}, "do approve 1")
	s.decide(pause)
	s.then(saga.DeliverSignal{Now: s.now, ID: "1", Name: "approve", Payload: []byte(`"yes"`)}, "SignalReceived")
	s.decide(resume)
	s.then(saga.Attend{Now: s.now.Add(time.Hour)}, "did approve 1 by 1")
}

func TestG21ACancellationEndsThePause(t *testing.T) {
	t.Run("at once when nothing is open", func(t *testing.T) {
		s := begin(t, orderDef())
		s.ends(failed, "failed reserve 1", "retry reserve 2")
		s.decide(pause)
		s.then(unwanted, "cancel", "turn at : reserve")
		s.then(saga.Proceed{Now: s.now}, "undo reserve 1 blind")
	})
	t.Run("also when the open attempt is waited for", func(t *testing.T) {
		s := begin(t, orderDef())
		s.decide(pause)
		s.then(unwanted, "cancel")
		s.ends(ok("r"), "did reserve 1", "turn at : reserve", "undo reserve 1")
	})
	t.Run("and a pause after it holds the way back up", func(t *testing.T) {
		s := begin(t, orderDef())
		s.then(unwanted, "cancel")
		s.then(pause, "SagaPaused")
		s.ends(ok("r"), "did reserve 1")
		s.when(unwanted).ThenNothing()
		s.decide(resume)
		s.then(saga.Proceed{Now: s.now}, "turn at : reserve", "undo reserve 1")
	})
}

func TestAPausedSagaCanBeTerminated(t *testing.T) {
	s := begin(t, orderDef())
	s.decide(pause)
	s.then(saga.Terminate{Actor: "ann", Reason: "r", SeenRevision: saga.NotSeen}, "terminate: reserve")
	_, is := s.fold().Paused()
	require.False(t, is)
}

func TestG20AParkedSagaThatIsPausedTakesAResumeAndARedrive(t *testing.T) {
	s := atPivot(t)
	for attempt := 1; attempt <= 3; attempt++ {
		s.decide(s.ending(failed))
		if attempt < 3 {
			s.now = dueOf(s.events[len(s.events)-1])
			s.decide(saga.Proceed{Now: s.now})
		}
	}
	_, parked := s.fold().Parked()
	require.True(t, parked)
	s.then(pause, "SagaPaused")
	s.redrive("redrive buy action")
	s.when(saga.Proceed{Now: s.now}).ThenNothing()
	s.decide(resume)
	s.then(saga.Proceed{Now: s.now}, "do buy 4")
}

func TestG20ADeadlineThatPassesDuringThePauseHasPassedAfterIt(t *testing.T) {
	def := orderDef()
	def.Deadline = time.Minute
	s := begin(t, def)
	s.decide(pause)
	s.pass(2 * time.Minute)
	s.when(saga.Attend{Now: s.now}).ThenNothing()
	s.ends(failed, "failed reserve 1")
	s.decide(resume)
	require.Equal(t, "SagaOverdue", s.decide(saga.Attend{Now: s.now})[0])
}
