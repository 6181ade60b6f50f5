package saga_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

// migratesTo lets a saga go on by version 2 with some steps.
func (s *tale) migratesTo(steps ...saga.Step[goods]) {
	s.t.Helper()
	s.then(migrateTo(second(steps...)), "SagaMigrated")
}

func TestAStepThatWasSkippedIsBehindTheSagaInTheNewPlanAsWell(t *testing.T) {
	s := begin(t, define("Order", step("a"), step("gone"), step("b")))
	s.then(pause, "SagaPaused")
	s.ends(ok("1"), "did a 1")
	s.then(s.skip("gone"), "skip gone")
	require.Equal(t, []string{"gone has begun, and is no longer a step"}, s.obstacles(step("a"), step("b")))
	require.Equal(t, []string{"x comes before gone, which has begun, and has not"}, s.obstacles(step("a"), step("x"), step("gone")))
	s.migratesTo(step("a"), step("gone"), step("x"))
	s.then(resume, "SagaResumed")
	s.then(saga.Proceed{Now: s.now}, "do x 1")
	s.ends(refused, "failed x 1 for good", "turn at x: a", "undo a 1")
}

func TestASagaWithASkippedStepIsMigratedOnItsWayBackAsWell(t *testing.T) {
	twice := compensable("b", saga.StepOptions{Retry: saga.RetryPolicy{MaximumAttempts: 2}})
	s := begin(t, define("Order", step("a"), twice, step("c")))
	s.ends(ok("1"), "did a 1", "do b 1")
	s.ends(failed, "failed b 1", "retry b 2")
	s.skips("b", "do c 1")
	s.ends(refused, "failed c 1 for good", "turn at c: b a", "undo b 1 blind")
	s.ends(ok(""), "undid b 1", "undo a 1")
	require.Equal(t, saga.StepStateCompensated, s.fold().Steps()[1].State)
	s.migratesTo(step("a"), step("b"), step("c"), step("d"))
	s.ends(ok(""), "undid a 1", "SagaFailed")
}

func TestAStepThatAnOperatorHasToldOfIsDoneInTheNewPlanAsWell(t *testing.T) {
	s := begin(t, define("Order", step("a"), step("gone")))
	s.then(pause, "SagaPaused")
	s.ends(ok("1"), "did a 1")
	s.then(resume, "SagaResumed")
	s.then(saga.DeclareMissing{Step: "gone"}, "park gone action step_missing")
	r := s.resolution()
	r.Result = json.RawMessage(`"said"`)
	s.then(r, "resolve gone action")
	require.Equal(t, []string{"gone has begun, and is no longer a step"}, s.obstacles(step("a"), step("b")))
	s.migratesTo(step("a"), step("gone"), step("b"))
	require.Equal(t, `"said"`, string(s.fold().Steps()[1].Result))
	s.then(saga.Proceed{Now: s.now}, "do b 1")
	s.ends(refused, "failed b 1 for good", "turn at b: gone a", "undo gone 1")
}

func TestARetryPolicyThatAnOperatorHasChangedStaysWhereTheNewPlanHasTheStep(t *testing.T) {
	s := begin(t, define("Order", step("a"), step("b"), step("gone")))
	s.then(attemptsOf("a", 20), "RetryPolicyChanged")
	undo := attemptsOf("b", 30)
	undo.Direction = saga.Compensation
	s.then(undo, "RetryPolicyChanged")
	s.then(attemptsOf("gone", 40), "RetryPolicyChanged")
	s.migratesTo(compensable("a", saga.StepOptions{Retry: saga.RetryPolicy{MaximumAttempts: 2}}), step("b"), step("c"))
	in := s.fold()
	require.Equal(t, 20, in.Plan().Steps[0].Action.MaximumAttempts)
	require.Equal(t, 30, in.Plan().Steps[1].Compensation.MaximumAttempts)
	require.Equal(t, 1, in.Plan().Steps[1].Action.MaximumAttempts, "nobody has changed that")
	state, err := in.MarshalSnapshot()
	require.NoError(t, err)
	restored := saga.NewInstance(in.Ref())
	require.NoError(t, restored.UnmarshalSnapshot(state))
	third := second(step("a"), readOnly("b", once()))
	third.Version = 3
	for _, one := range []*saga.Instance{in, restored} {
		events, err := one.Decide(migrateTo(third))
		require.NoError(t, err)
		one.Evolve(events[0])
		require.Equal(t, 20, one.Plan().Steps[0].Action.MaximumAttempts, "once more, also behind a snapshot")
		require.Nil(t, one.Plan().Steps[1].Compensation, "there is nothing that it would be for")
	}
	require.Equal(t, 1, third.Plan().Steps[0].Action.MaximumAttempts, "other sagas go by the plan as it is")
}
