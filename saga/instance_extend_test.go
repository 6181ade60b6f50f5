package saga_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

func (s *tale) extendedBy(d time.Duration) saga.Extend {
	return saga.Extend{Now: s.now, Deadline: s.now.Add(d), Actor: "ann", Reason: "it takes longer", SeenRevision: saga.NotSeen}
}

func limitedOrder() saga.Definition[goods] {
	def := orderDef()
	def.Deadline = time.Minute
	return def
}

func TestG19AnExtendedDeadlineTakesTheOldOnesPlace(t *testing.T) {
	s := begin(t, limitedOrder())
	s.then(s.extendedBy(time.Hour), "DeadlineExtended")
	require.Equal(t, s.now.Add(time.Hour), s.fold().Deadline())
	s.pass(2 * time.Minute)
	s.when(saga.Attend{Now: s.now}).ThenNothing()
	s.pass(time.Hour)
	s.then(saga.Attend{Now: s.now}, "SagaOverdue")
}

func TestG19AnExtensionClearsADeadlineThatHasPassedIfTheSagaHasNotTurned(t *testing.T) {
	s := begin(t, limitedOrder())
	s.pass(2 * time.Minute)
	s.then(saga.Attend{Now: s.now}, "SagaOverdue") // and held by the attempt that runs
	s.then(s.extendedBy(time.Hour), "DeadlineExtended")
	require.False(t, s.fold().Overdue())
	s.ends(ok("r"), "did reserve 1", "do pay 1")
}

func TestG19AnExtensionIsRefusedWhenItIsTooLateOrStaleOrInThePast(t *testing.T) {
	s := begin(t, orderDef())
	s.when(s.extendedBy(0)).ThenError(saga.ErrInvalidDeadline)
	stale, nobody := s.extendedBy(time.Hour), s.extendedBy(time.Hour)
	stale.SeenRevision, nobody.Actor = 0, ""
	s.when(stale).ThenError(saga.ErrStale)
	s.when(nobody).ThenError(saga.ErrNoActor)
	s.then(s.extendedBy(time.Hour), "DeadlineExtended") // it had none
	s.ends(failed, "failed reserve 1", "retry reserve 2")
	s.decide(unwanted)
	s.when(s.extendedBy(time.Hour)).ThenError(saga.ErrTooLate)
}
