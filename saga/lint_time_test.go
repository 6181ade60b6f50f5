package saga_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/saga"
)

// swift are options by which one attempt of the action takes a minute, and the compensation no time to speak of.
func swift() saga.StepOptions {
	return saga.StepOptions{
		Timeout:      time.Minute,
		Compensation: saga.AttemptOptions{Timeout: time.Millisecond, Retry: retry(2, time.Millisecond, 0)},
	}
}

// needs demands that a Deadline of that length is long enough, and that a shorter one is found.
func needs(t *testing.T, need time.Duration, steps ...saga.Step[goods]) {
	t.Helper()
	d := define("Tour", steps...)
	d.Deadline = need - time.Millisecond
	findings := saga.Lint(d)
	require.Len(t, findings, 1)
	require.Equal(t, saga.LintDeadline, findings[0].Rule)
	require.Equal(t, fmt.Sprintf("Deadline is %s, and one attempt of each step can take %s", d.Deadline, need), findings[0].What)
	d.Deadline = need
	require.Empty(t, saga.Lint(d))
}

func TestADeadlineThatOneAttemptOfEachStepOutlastsIsFound(t *testing.T) {
	o := swift()
	needs(t, 2*time.Minute, literal("flight", o), literal("hotel", o))
	needs(t, time.Minute, saga.Parallel("book", literal("flight", o), literal("hotel", o)))
	needs(t, 2*time.Minute, saga.Parallel("book", literal("flight", o), literal("hotel", o), literal("car", o)).Limit(2))
	o.TotalTimeout, o.Retry = 20*time.Second, once().Retry
	d := define("Tour", literal("flight", o))
	d.Deadline = 20 * time.Second
	require.NotContains(t, found(d), "Tour  deadline", "TotalTimeout ends the attempt")
}

func TestAWaitTakesNoPlaceInItsGroup(t *testing.T) {
	o := swift()
	reply := saga.Await[goods]("reply", saga.AwaitOptions[bool]{Timeout: 90 * time.Second})
	needs(t, 3*time.Minute, saga.Parallel("book", reply, literal("flight", o), literal("hotel", o), literal("car", o)).Limit(1))
}

func TestADeadlineCountsTheSagasThatAreStarted(t *testing.T) {
	o := saga.ChildOptions[goods]{NothingToUndo: true, Attempts: saga.AttemptOptions{Timeout: time.Second}}
	works := define("Works", literal("dig", swift()), saga.Child("more", "Works", dataOfChild, o))
	contract := define("Contract", saga.Child("works", "Works", dataOfChild, o))
	about := func() (list []string) {
		for _, f := range saga.Lint(contract, works) {
			if f.Rule != saga.LintStartsItself {
				list = append(list, f.Definition+" "+string(f.Rule))
			}
		}
		return list
	}
	contract.Deadline = 62*time.Second - time.Millisecond
	require.Equal(t, []string{"Contract deadline"}, about(), "a second for the data, once for each saga, and a minute to dig")
	contract.Deadline = 62 * time.Second
	require.Empty(t, about())
	contract.Deadline, works.Deadline = 32*time.Second, 31*time.Second
	require.Equal(t, []string{"Works deadline"}, about(), "the deadline of a child ends it")
}

func TestAWaitThatCannotLapseBeforeTheSagaTurnsIsFound(t *testing.T) {
	wait := func(timeout time.Duration) saga.Step[goods] {
		return saga.Await[goods]("approval", saga.AwaitOptions[bool]{Timeout: timeout})
	}
	d := define("Loan", literal("check", swift()), wait(time.Hour))
	d.Deadline = time.Hour
	findings := saga.Lint(d)
	require.Len(t, findings, 1, "the wait is not counted in the Deadline as well")
	require.Equal(t, saga.LintSlowWait, findings[0].Rule)
	require.Equal(t, "approval", findings[0].Step)
	require.Equal(t, "it waits for 1h0m0s at most, and the saga's Deadline of 1h0m0s turns the saga round before that", findings[0].What)

	d.Deadline = time.Hour + time.Minute
	require.Empty(t, saga.Lint(d))
	d.Steps[1] = wait(0)
	require.Empty(t, saga.Lint(d), "a wait without a limit is ended by the Deadline")

	late := define("Loan", sent("pay", saga.StepOptions{Timeout: time.Minute}), saga.Await[goods]("receipt",
		saga.AwaitOptions[bool]{Timeout: time.Hour, Default: new(bool)}))
	late.Deadline = time.Hour
	require.Equal(t, []string{"Loan  deadline"}, found(late), "behind the point of no return nothing is turned round")
}

func TestCompensationsThatOutlastTheDeadlineAreFound(t *testing.T) {
	o := swift()
	o.Compensation = saga.AttemptOptions{Timeout: 10 * time.Minute, Retry: retry(3, time.Second, 0)} // 30m3s
	d := define("Tour", saga.Parallel("book", literal("flight", o), literal("hotel", o)))
	d.Deadline = 30*time.Minute + 2*time.Second
	require.Equal(t, []string{"Tour flight slow-undo", "Tour hotel slow-undo"}, found(d))
	d.Deadline = time.Hour
	findings := saga.Lint(d)
	require.Len(t, findings, 1)
	require.Equal(t, saga.LintSlowUndo, findings[0].Rule)
	require.Equal(t, "to compensate 2 steps, one after the other, can take 1h0m6s, and the saga is to have ended after 1h0m0s", findings[0].What)
	d.Deadline = time.Hour + 6*time.Second
	require.Empty(t, saga.Lint(d))

	o.Compensation.TotalTimeout = 5 * time.Minute
	d = define("Tour", literal("flight", o))
	d.Deadline = 5 * time.Minute
	require.Equal(t, []string{"Tour flight total-timeout"}, found(d), "TotalTimeout ends the compensation, if not the saga's hopes")
}

func TestABranchThatLosesItsPlaceNeedsMoreTime(t *testing.T) {
	// Three attempts of a minute, between which another branch can have the place for two.
	o := swift()
	o.TotalTimeout = 7*time.Minute - time.Millisecond
	long := swift()
	long.Timeout = 2 * time.Minute
	group := func(places int) saga.Definition[goods] {
		return define("Tour", saga.Parallel("book", literal("flight", o), literal("hotel", long)).Limit(places))
	}
	findings := saga.Lint(group(1))
	require.Len(t, findings, 1)
	require.Equal(t, saga.LintTotalTimeout, findings[0].Rule)
	require.Equal(t, "TotalTimeout is 6m59.999s, and 3 attempt(s) of 1m0s with their delays, "+
		"while other branches have its place in the group, can take 7m0s", findings[0].What)
	require.Empty(t, found(group(0)), "there is a place for each")
	o.TotalTimeout = 7 * time.Minute
	require.Empty(t, found(group(1)))
}

func TestLengthsOfWaitsAndSagasWithoutAUnitAreFound(t *testing.T) {
	d := define("Loan", literal("check", swift()), saga.Await[goods]("approval", saga.AwaitOptions[bool]{Timeout: 72}))
	require.Equal(t, []string{"Loan approval too-short"}, found(d))
	d.Deadline = 5
	require.Contains(t, found(d), "Loan  too-short")
	d = define("Loan", literal("check", swift()), saga.Await[goods]("approval", saga.AwaitOptions[bool]{Timeout: 90 * 24 * time.Hour}))
	d.Deadline = 100 * 24 * time.Hour
	require.Empty(t, found(d), "to wait for months is what waits are for")
}

func TestOfSeveralVersionsTheHighestCountsAndOfRefusedOnesNone(t *testing.T) {
	stays := saga.ChildOptions[goods]{NothingToUndo: true}
	old := define("Works", saga.Child("more", "Works", dataOfChild, stays))
	old.Version = 1
	now := define("Works", literal("dig", saga.StepOptions{Timeout: time.Hour}))
	now.Version = 2
	contract := define("Contract", saga.Child("works", "Works", dataOfChild, stays), literal("dig", saga.StepOptions{}))
	contract.Deadline = time.Millisecond
	want := saga.Lint(contract, old, now)
	require.Equal(t, want, saga.Lint(now, old, contract))

	refused := define("Works", saga.Child("more", "Works", dataOfChild, stays), sent("x", saga.StepOptions{Timeout: -1}))
	require.Equal(t, []string{"Works  invalid"}, found(refused))
}

func TestNoLengthOfTimeRunsOver(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := saga.StepOptions{Timeout: math.MaxInt64, Retry: retry(rapid.IntRange(1, math.MaxInt).Draw(t, "attempts"), 0, 0)}
		o.Compensation = saga.AttemptOptions{Timeout: o.Timeout, Retry: o.Retry}
		d := define("D", literal("a", o), saga.Parallel("g", literal("b", o), literal("c", o)).Limit(1))
		d.Deadline = time.Duration(rapid.Int64Range(1, math.MaxInt64/2).Draw(t, "deadline"))
		require.Contains(t, found(d), "D  deadline")
		require.Contains(t, found(d), "D a slow-undo")
	})
}
