package saga_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/saga"
)

// attemptsOf has an operator allow so many attempts of the action of a step.
func attemptsOf(step string, attempts int) saga.ChangeRetryPolicy {
	return saga.ChangeRetryPolicy{
		Step: step, Retry: saga.RetryPolicy{MaximumAttempts: attempts}, Actor: "ann", Reason: "the bank is slow", SeenRevision: saga.NotSeen,
	}
}

func TestG6AStepIsAttemptedAsOftenAsItsChangedPolicySays(t *testing.T) {
	s := begin(t, define("Slow", readOnly("a", saga.StepOptions{Retry: saga.RetryPolicy{MaximumAttempts: 2}})))
	s.then(attemptsOf("a", 3), "RetryPolicyChanged")
	s.ends(failed, "failed a 1", "retry a 2")
	s.retries(failed, "failed a 2", "retry a 3")
	s.retries(failed, "failed a 3", "turn at a: ", "SagaFailed")
}

func TestG8ARetryThatIsScheduledStaysDueWhenItIsAndTheNextGoesByTheChangedPolicy(t *testing.T) {
	s := begin(t, define("Slow", readOnly("a", saga.StepOptions{})))
	s.decide(s.ending(failed))
	due := dueOf(s.events[len(s.events)-1])
	c := attemptsOf("a", 5)
	c.Retry.InitialInterval, c.Retry.MaximumInterval = time.Hour, 2*time.Hour
	deadline := s.fold().Steps()[0].Action.Deadline
	s.then(c, "RetryPolicyChanged")
	require.Equal(t, deadline, s.fold().Steps()[0].Action.Deadline)
	s.pass(due.Sub(s.now))
	s.then(saga.Proceed{Now: s.now}, "do a 2")
	s.decide(s.ending(failed))
	require.Equal(t, s.now.Add(2*time.Hour), dueOf(s.events[len(s.events)-1]), "the second delay, of the changed policy")
}

func TestAChangedPolicyIsThatOfOneSagaAlone(t *testing.T) {
	def := orderDef()
	plan := def.Plan()
	before := *plan.Steps[0].Compensation
	s := begin(t, def)
	hash := s.fold().DefinitionHash()
	shared := s.events[0].(saga.SagaStarted).Plan
	c := attemptsOf("reserve", 7)
	c.Direction, c.SeenRevision = saga.Compensation, s.fold().Revision()
	s.then(c, "RetryPolicyChanged")
	attempts := shared.Steps[0].Action.MaximumAttempts
	s.then(attemptsOf("reserve", attempts+1), "RetryPolicyChanged")
	require.Equal(t, attempts, shared.Steps[0].Action.MaximumAttempts)
	in := s.fold()
	require.Equal(t, 7, in.Plan().Steps[0].Compensation.MaximumAttempts)
	require.Equal(t, before.InitialIntervalMS, in.Plan().Steps[0].Compensation.InitialIntervalMS, "what is left out stays")
	require.Equal(t, before, *shared.Steps[0].Compensation, "others go by the plan as it was")
	require.Equal(t, hash, in.DefinitionHash())
	var kept aggregate.Snapshotter = in
	state, err := kept.MarshalSnapshot()
	require.NoError(t, err)
	restored := saga.NewInstance(in.Ref())
	require.NoError(t, restored.UnmarshalSnapshot(state))
	require.Equal(t, in.Plan(), restored.Plan(), "also behind a snapshot")
}

func TestG6ARetryPolicyIsRefusedThatCannotBe(t *testing.T) {
	s := begin(t, orderDef())
	with := func(change func(*saga.ChangeRetryPolicy)) saga.ChangeRetryPolicy {
		c := attemptsOf("reserve", 5)
		change(&c)
		return c
	}
	for name, c := range map[string]saga.ChangeRetryPolicy{
		`step is "nowhere"`:                attemptsOf("nowhere", 5),
		"Retry.MaximumAttempts is -1":      attemptsOf("reserve", -1),
		"must be between 1 and 1000":       with(func(c *saga.ChangeRetryPolicy) { c.Retry.BackoffCoefficient = 0.5 }),
		"Retry.InitialInterval is -1s":     with(func(c *saga.ChangeRetryPolicy) { c.Retry.InitialInterval = -time.Second }),
		"Retry.InitialInterval 24h0m0s is": with(func(c *saga.ChangeRetryPolicy) { c.Retry.InitialInterval = 24 * time.Hour }),
		"direction is 7":                   with(func(c *saga.ChangeRetryPolicy) { c.Direction = 7 }),
	} {
		_, err := s.fold().Decide(c)
		require.ErrorIs(t, err, saga.ErrInvalidPolicy, name)
		require.ErrorContains(t, err, name)
	}
	s.when(with(func(c *saga.ChangeRetryPolicy) { c.SeenRevision = 0 })).ThenError(saga.ErrStale)
	s.when(with(func(c *saga.ChangeRetryPolicy) { c.Reason = "" })).ThenError(saga.ErrNoActor)
	s.decide(s.ending(failed))
	_, err := s.fold().Decide(attemptsOf("reserve", 1))
	require.ErrorIs(t, err, saga.ErrInvalidPolicy)
	require.ErrorContains(t, err, "give 2 or more", "one is used, and one is scheduled")
	s.then(attemptsOf("reserve", 2), "RetryPolicyChanged")

	lone := begin(t, define("Slow", readOnly("a", saga.StepOptions{})))
	undo := attemptsOf("a", 5)
	undo.Direction = saga.Compensation
	lone.when(undo).ThenError(saga.ErrInvalidPolicy)
}

func TestG7AStepThatIsDoneOrGivenUpIsNotRetriedByAnotherPolicy(t *testing.T) {
	s := begin(t, orderDef())
	s.decide(s.ending(ok("r")))
	s.when(attemptsOf("reserve", 20)).ThenError(saga.ErrNotRetried)
	s.decide(s.ending(refused)) // of the payment
	require.Equal(t, saga.StateCompensating, s.fold().State())
	s.when(attemptsOf("pay", 20)).ThenError(saga.ErrNotRetried)

	forward := begin(t, define("Late", retriable("a", saga.StepOptions{})))
	forward.decide(forward.ending(refused))
	_, parked := forward.fold().Parked()
	require.True(t, parked)
	forward.when(attemptsOf("a", 20)).ThenError(saga.ErrNotRetried)
	forward.redrive("redrive a action", "do a 2")
	forward.then(attemptsOf("a", 20), "RetryPolicyChanged")

	paused := begin(t, define("Still", retriable("a", saga.StepOptions{})))
	paused.then(saga.Pause{Actor: "ann", Reason: "r", SeenRevision: saga.NotSeen}, "SagaPaused")
	paused.decide(paused.ending(refused))
	paused.when(attemptsOf("a", 20)).ThenError(saga.ErrNotRetried)
}

func TestAChangeOfAPolicyThatCannotBeLeavesAFault(t *testing.T) {
	running, waiting, turned := begin(t, orderDef()), begin(t, orderDef()), begin(t, orderDef())
	waiting.ends(failed, "failed reserve 1", "retry reserve 2")
	turned.decide(turned.ending(refused))
	for name, c := range map[string]struct {
		story *tale
		event saga.Event
	}{
		"of what is not planned":           {running, changedTo("nowhere", 5)},
		"to fewer attempts than were made": {waiting, changedTo("reserve", 1)},
		"of an action on the way back":     {turned, changedTo("reserve", 20)},
		"to none":                          {running, saga.RetryPolicyChanged{Step: "reserve"}},
	} {
		inst := c.story.fold()
		inst.Evolve(c.event)
		require.Contains(t, inst.Fault(), "RetryPolicyChanged", name)
	}
}
