package saga_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/internal/walktest"
	"github.com/skaldgo/skald/saga"
)

// migrateTo is the command that migrates a saga to a definition.
func migrateTo(d saga.Definition[goods]) saga.MigrateSaga {
	plan := d.Plan()
	return saga.MigrateSaga{
		Version: d.Version, DefinitionHash: saga.DefinitionHash(d.Name, d.Version, plan), Plan: plan,
		Actor: "ann", Reason: "new terms", SeenRevision: saga.NotSeen,
	}
}

// second is version 2 of the definition Order, with other steps.
func second(steps ...saga.Step[goods]) saga.Definition[goods] {
	d := define("Order", steps...)
	d.Version = 2
	return d
}

func step(name string) saga.Step[goods] { return compensable(name, once()) }

// obstacles are the reasons why a saga cannot be migrated to version 2 with some steps.
func (s *tale) obstacles(steps ...saga.Step[goods]) []string {
	s.t.Helper()
	_, err := s.fold().Decide(migrateTo(second(steps...)))
	if err == nil {
		return nil
	}
	why, is := errors.AsType[*saga.MigrationError](err)
	require.True(s.t, is, "%v", err)
	require.ErrorIs(s.t, err, saga.ErrCannotMigrate)
	return why.Obstacles
}

func TestASagaGoesOnByThePlanThatItIsMigratedTo(t *testing.T) {
	s := begin(t, define("Order", step("a"), step("b"), step("c")))
	s.ends(ok("1"), "did a 1", "do b 1")
	s.then(migrateTo(second(step("a"), step("b"), step("x"), step("d"))), "SagaMigrated")
	now := s.fold()
	require.Equal(t, 2, now.Version())
	require.Len(t, now.Steps(), 4)
	require.Equal(t, saga.StepStateCompleted, now.Steps()[0].State)
	require.Equal(t, `"1"`, string(now.Steps()[0].Result))
	require.True(t, now.Steps()[1].Action.Open, "the attempt goes on")
	s.ends(ok("2"), "did b 1", "do x 1")
	s.ends(ok("3"), "did x 1", "do d 1")
	s.ends(refused, "failed d 1 for good", "turn at d: x b a", "undo x 1")
}

func TestASagaWithNothingLeftEndsAfterItsMigration(t *testing.T) {
	s := begin(t, define("Order", step("a"), step("b")))
	s.then(pause, "SagaPaused")
	s.ends(ok("1"), "did a 1")
	s.then(migrateTo(second(step("a"))), "SagaMigrated")
	s.then(resume, "SagaResumed")
	s.then(saga.Proceed{Now: s.now}, "SagaCompleted")
}

func TestASagaOnItsWayBackGoesOnWithWhatIsToBeCompensated(t *testing.T) {
	s := begin(t, define("Order", step("a"), step("b"), step("c")))
	s.ends(ok("1"), "did a 1", "do b 1")
	s.ends(ok("2"), "did b 1", "do c 1")
	s.ends(refused, "failed c 1 for good", "turn at c: b a", "undo b 1")
	require.Equal(t, []string{"b has begun, and is no longer a step"}, s.obstacles(step("a"), step("c")))
	s.then(migrateTo(second(saga.Parallel("both", step("b"), step("a")), step("c"), step("d"))), "SagaMigrated")
	s.ends(ok(""), "undid b 1", "undo a 1")
	s.ends(ok(""), "undid a 1", "SagaFailed")
}

func TestWhatTheNewPlanDoesNotLeadToIsRefusedWithEveryReason(t *testing.T) {
	s := begin(t, define("Order", step("a"), step("b"), step("c")))
	s.ends(ok("1"), "did a 1", "do b 1")
	for name, c := range map[string]struct {
		steps []saga.Step[goods]
		want  []string
	}{
		"steps that have begun are gone": {[]saga.Step[goods]{step("c")}, []string{
			"a has begun, and is no longer a step", "b has begun, and is no longer a step",
		}},
		"steps that have begun are others": {[]saga.Step[goods]{readOnly("a", once()), step("b")}, []string{
			"a has begun, and its kind is read_only, it was compensable", "a has begun, and a compensation is false, it was true",
		}},
		"a new step comes before": {[]saga.Step[goods]{step("x"), step("a"), step("b")}, []string{
			"x comes before b, which has begun, and has not",
		}},
		"a new step comes before a group that has begun": {
			[]saga.Step[goods]{step("a"), step("x"), saga.Parallel("both", step("y"), step("b"))},
			[]string{"x comes before b, which has begun, and has not"},
		},
		"the order is another": {[]saga.Step[goods]{step("b"), step("a")}, []string{
			"b has begun after a, and comes before it now", "b comes before a, which has begun, and has not succeeded",
		}},
		"a probe is new, of a step that is under way": {[]saga.Step[goods]{step("a"), probing("b")}, []string{
			"b has begun, and a probe is true, it was false",
		}},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, s.obstacles(c.steps...)) })
	}
	require.Nil(t, s.obstacles(step("a"), saga.Parallel("both", step("x"), step("b"), step("y"))))
	require.Nil(t, s.obstacles(step("a"), compensable("b", limitedStep())), "limits may change")
	require.Nil(t, s.obstacles(probing("a"), step("b")), "what is done needs no probe")
	first := define("Order", step("a"), step("b"))
	_, err := s.fold().Decide(migrateTo(first))
	require.ErrorContains(t, err, "it is of version 1, and this is version 1: a saga is migrated to a higher one")
}

func probing(name string) saga.Step[goods] { return saga.WithProbe(step(name), walktest.Ask) }

func TestASignalThatNobodyWouldHaveIsNotDropped(t *testing.T) {
	s := begin(t, define("Order", step("a"), saga.Await[goods]("approval", saga.AwaitOptions[string]{})))
	s.then(saga.DeliverSignal{Now: s.now, ID: "1", Name: "approval"}, "SignalReceived")
	require.Equal(t, []string{"the signal approval has come, and no step waits for it any more"}, s.obstacles(step("a")))
	require.Nil(t, s.obstacles(step("a"), step("b"), saga.Await[goods]("later", saga.AwaitOptions[string]{Signal: "approval"})))
}

func TestThePointOfNoReturnStaysOnTheSideWhereItIs(t *testing.T) {
	s := begin(t, define("Order", retriable("r", once())))
	require.Equal(t, []string{"p comes before r, which has begun, and has not"}, s.obstacles(pivot("p", once()), retriable("r", once())))
	require.Nil(t, s.obstacles(retriable("r", once()), retriable("s", once())))

	o := once()
	o.Retry.MaximumAttempts = 2
	unknown := begin(t, define("Order", pivot("p", o)))
	unknown.ends(failed, "failed p 1", "retry p 2")
	require.Equal(t, []string{"its point of no return is another one, and it stands on the other side of it"},
		unknown.obstacles(saga.Parallel("both", retriable("r", once()), pivot("p", o))))
}

func TestASagaThatIsParkedForWantOfAFunctionGoesOnAfterItsMigration(t *testing.T) {
	s := begin(t, define("Order", step("a"), step("gone")))
	s.then(pause, "SagaPaused")
	s.ends(ok("1"), "did a 1")
	s.then(resume, "SagaResumed")
	s.then(saga.DeclareMissing{Step: "gone"}, "park gone action step_missing")
	s.then(migrateTo(second(step("a"), step("b"))), "SagaMigrated")
	_, parked := s.fold().Parked()
	require.False(t, parked)
	s.then(saga.Proceed{Now: s.now}, "do b 1")

	other := begin(t, define("Order", retriable("r", once())))
	other.ends(failed, "failed r 1", "park r action retries_used_up")
	other.then(migrateTo(second(retriable("r", once()), retriable("s", once()))), "SagaMigrated")
	_, parked = other.fold().Parked()
	require.True(t, parked, "it waits for the redrive all the same")
	other.redrive("redrive r action", "do r 2")
}

func TestAStepThatWasRefusedForGoodStaysRefusedWhateverTheNewLimits(t *testing.T) {
	more := saga.StepOptions{Retry: saga.RetryPolicy{MaximumAttempts: 9}}
	s := begin(t, define("Order", retriable("r", once())))
	s.then(pause, "SagaPaused")
	s.ends(refused, "failed r 1 for good")
	s.then(migrateTo(second(retriable("r", more))), "SagaMigrated")
	s.then(resume, "SagaResumed")
	s.then(saga.Proceed{Now: s.now.Add(time.Hour)}, "park r action retries_used_up")
}

func TestAMigrationNeedsAnActorAReasonAndTheRevisionThatWasSeenAndIsRefusedAfterTheEnd(t *testing.T) {
	s := begin(t, define("Order", step("a")))
	to := migrateTo(second(step("a"), step("b")))
	for _, change := range []func(*saga.MigrateSaga){
		func(c *saga.MigrateSaga) { c.Actor = "" }, func(c *saga.MigrateSaga) { c.Reason = "" },
	} {
		c := to
		change(&c)
		s.when(c).ThenError(saga.ErrNoActor)
	}
	stale := to
	stale.SeenRevision = 0
	s.when(stale).ThenError(saga.ErrStale)
	s.then(to, "SagaMigrated")
	s.when(to).ThenNothing()
	s.ends(ok("1"), "did a 1", "do b 1")
	s.ends(ok("1"), "did b 1", "SagaCompleted")
	s.when(to).ThenError(saga.ErrEnded)
}

func TestARehearsalPassesOverMigrations(t *testing.T) {
	s := begin(t, define("Order", step("a"), step("b")))
	s.ends(ok("1"), "did a 1", "do b 1")
	to := second(step("a"), step("b"), step("c"))
	s.then(migrateTo(to), "SagaMigrated")
	s.ends(ok("2"), "did b 1", "do c 1")
	now := rehearsed(t, s, to)
	require.Equal(t, saga.WouldBeSame, now.Verdict, "%s", now)
	require.Empty(t, now.Changes)
	old := rehearsed(t, s, define("Order", step("a"), step("b")))
	require.Contains(t, old.Obstacles[0], "it goes by version 2 of the definition")
}

func TestASagaThatWasMigratedIsDrawnWithTheWayThatItWouldTake(t *testing.T) {
	s := begin(t, define("Order", step("a"), step("b")))
	s.ends(ok("1"), "did a 1", "do b 1")
	s.then(migrateTo(second(step("a"), step("b"), step("c"))), "SagaMigrated")
	require.Contains(t, saga.MermaidInstance(s.fold()), "would undo a")
}

func TestAMigrationThatCannotBeLeavesAFault(t *testing.T) {
	lost := define("O", compensable("pay", once())).Plan()
	for _, e := range []saga.SagaMigrated{{Version: 2}, {Version: 2, Plan: lost}, {Version: 1, Plan: orderDef().Plan()}} {
		inst := begin(t, orderDef()).fold()
		inst.Evolve(e)
		require.Contains(t, inst.Fault(), "SagaMigrated of a saga that cannot be")
		require.Equal(t, 1, inst.Version())
	}
}
