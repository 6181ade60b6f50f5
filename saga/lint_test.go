package saga_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/saga"
)

// Functions without a step of their own, so that the rules about functions have nothing to say unless they are meant to.
func literal(name string, o saga.StepOptions) saga.Step[goods] {
	return saga.Compensable(name,
		func(context.Context, saga.Call[goods]) (string, error) { return name, nil },
		func(context.Context, saga.Call[goods], *string) error { return nil }, o)
}

func retry(attempts int, initial, longest time.Duration) saga.RetryPolicy {
	return saga.RetryPolicy{MaximumAttempts: attempts, InitialInterval: initial, MaximumInterval: longest}
}

// found is what Lint says, rule by rule.
func found(definitions ...saga.AnyDefinition) []string {
	var list []string
	for _, f := range saga.Lint(definitions...) {
		list = append(list, fmt.Sprintf("%s %s %s", f.Definition, f.Step, f.Rule))
	}
	return list
}

// linted demands that a step of these options has just this finding, and that a step of those others has none.
func linted(t *testing.T, rule saga.LintRule, what string, step func(string, saga.StepOptions) saga.Step[goods],
	wrong, right saga.StepOptions,
) {
	t.Helper()
	findings := saga.Lint(define("D", step("a", wrong)))
	require.Len(t, findings, 1)
	require.Equal(t, rule, findings[0].Rule)
	require.Equal(t, "a", findings[0].Step)
	require.Equal(t, what, findings[0].What)
	require.NotEmpty(t, findings[0].Remedy)
	require.Empty(t, saga.Lint(define("D", step("a", right))))
}

func TestATotalTimeoutThatTheRetriesOutlastIsFound(t *testing.T) {
	// Three attempts of a minute and delays of 1 s and 2 s.
	o := saga.StepOptions{Timeout: time.Minute, TotalTimeout: 3*time.Minute + 2999*time.Millisecond}
	enough := o
	enough.TotalTimeout = 3*time.Minute + 3*time.Second
	linted(t, saga.LintTotalTimeout, "TotalTimeout is 3m2.999s, and 3 attempt(s) of 1m0s with their delays can take 3m3s",
		literal, o, enough)

	back := func(o saga.AttemptOptions) saga.StepOptions { return saga.StepOptions{Compensation: o} }
	linted(t, saga.LintTotalTimeout,
		"Compensation.TotalTimeout is 1m0s, and 2 attempt(s) of 1m0s with their delays can take 2m1s", literal,
		back(saga.AttemptOptions{Timeout: time.Minute, TotalTimeout: time.Minute, Retry: retry(2, 0, 0)}),
		back(saga.AttemptOptions{Timeout: time.Minute, TotalTimeout: 2*time.Minute + time.Second, Retry: retry(2, 0, 0)}))

	endless := saga.StepOptions{TotalTimeout: time.Hour, Retry: retry(math.MaxInt, 0, 0)}
	require.Equal(t, []string{"D a total-timeout"}, found(define("D", literal("a", endless))))
}

func TestTheTimeThatRetriesCanTakeIsWhatTheyTake(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := saga.StepOptions{
			Timeout: time.Duration(rapid.IntRange(1, 1e5).Draw(t, "timeout")) * time.Millisecond,
			Retry: saga.RetryPolicy{
				MaximumAttempts:    rapid.IntRange(2, 2000).Draw(t, "attempts"),
				InitialInterval:    time.Duration(rapid.IntRange(1, 1e4).Draw(t, "initial")) * time.Millisecond,
				BackoffCoefficient: rapid.SampledFrom([]float64{1, 1.5, 2, 10}).Draw(t, "coefficient"),
			},
		}
		policy := define("D", literal("a", o)).Plan().Steps[0].Action.Retry()
		need := o.Timeout * time.Duration(policy.MaximumAttempts)
		for failed := 1; failed < policy.MaximumAttempts; failed++ {
			need += policy.Interval(failed)
		}
		need = max(need.Truncate(time.Millisecond), time.Millisecond)
		o.TotalTimeout = need + time.Millisecond
		require.NotContains(t, found(define("D", literal("a", o))), "D a total-timeout")
		o.TotalTimeout = need - time.Millisecond
		require.Contains(t, found(define("D", literal("a", o))), "D a total-timeout")
	})
}

func TestAMaximumIntervalThatNoDelayComesToIsFound(t *testing.T) {
	linted(t, saga.LintMaximumInterval, "Retry.MaximumInterval is 5s, and the longest delay between 3 attempt(s) is 2s",
		literal, saga.StepOptions{Retry: retry(3, time.Second, 5*time.Second)},
		saga.StepOptions{Retry: retry(4, time.Second, 4*time.Second)})
	linted(t, saga.LintMaximumInterval, "Retry.MaximumInterval is 5s, and the longest delay between 1 attempt(s) is 0s",
		literal, saga.StepOptions{Retry: retry(1, time.Second, 5*time.Second)}, saga.StepOptions{Retry: retry(1, time.Second, 0)})

	shared := saga.RetryPolicy{InitialInterval: time.Second, MaximumInterval: 4 * time.Second}
	here, back := saga.StepOptions{Retry: shared}, saga.StepOptions{Retry: shared}
	back.Compensation.Retry = shared
	require.Equal(t, []string{"D a maximum-interval"}, found(define("D", literal("a", here), literal("b", here))), "told once")
	require.Empty(t, found(define("D", literal("a", here), literal("b", back))), "ten attempts of a compensation come to it")
}

func TestALengthThatLooksLikeAnotherUnitIsFound(t *testing.T) {
	linted(t, saga.LintTooShort, "Timeout is 30ns, and a millisecond is the shortest that is kept", literal,
		saga.StepOptions{Timeout: 30}, saga.StepOptions{Timeout: time.Millisecond})
	linted(t, saga.LintTooLong, "Timeout is 720h0m0.001s, which is more than 30 days", literal,
		saga.StepOptions{Timeout: 30*24*time.Hour + time.Millisecond}, saga.StepOptions{Timeout: 30 * 24 * time.Hour})
	linted(t, saga.LintTooShort, "Compensation.Retry.InitialInterval is 999.999µs, and a millisecond is the shortest that is kept",
		literal, saga.StepOptions{Compensation: saga.AttemptOptions{Retry: retry(0, time.Millisecond-1, 0)}},
		saga.StepOptions{Compensation: saga.AttemptOptions{Retry: retry(0, time.Millisecond, 0)}})

	var o saga.AttemptOptions
	o.TotalTimeout, o.Timeout, o.Retry.MaximumInterval = 31*24*time.Hour, time.Second, time.Hour*24*31
	o.Retry.MaximumAttempts = 30
	require.Equal(t, []string{"D a too-long", "D a too-long"}, found(define("D", literal("a", saga.StepOptions{Compensation: o})))[:2])
}

func TestASingleAttemptBeforeAPersonIsNeededIsFound(t *testing.T) {
	linted(t, saga.LintSingleAttempt,
		"Retry.MaximumAttempts is 1, so one passing error of the action of a retriable step is enough to park the saga",
		retriable, once(), saga.StepOptions{Retry: retry(2, 0, 0)})
	linted(t, saga.LintSingleAttempt,
		"Compensation.Retry.MaximumAttempts is 1, so one passing error of a compensation is enough to park the saga", literal,
		saga.StepOptions{Compensation: saga.AttemptOptions{Retry: once().Retry}}, once())
	require.Equal(t, []string{"D a single-attempt"}, found(define("D", pivot("a", once()), sent("b", saga.StepOptions{}))))
}

func TestAPivotThatNothingFollowsFromIsFound(t *testing.T) {
	var o saga.StepOptions
	require.Equal(t, []string{"D b pivot-last"}, found(define("D", literal("a", o), pivot("b", o))))
	require.Empty(t, found(define("D", literal("a", o), pivot("b", o), sent("c", o))))
	require.Empty(t, found(define("D", literal("a", o), sent("c", o))), "without a pivot there is nothing to follow it")
}

func TestAReadBehindThePointOfNoReturnIsFound(t *testing.T) {
	var o saga.StepOptions
	findings := saga.Lint(define("D", literal("a", o), pivot("b", o), looked("c", o), sent("d", o)))
	require.Len(t, findings, 1)
	require.Equal(t, saga.LintLateRead, findings[0].Rule)
	require.Equal(t, `it reads after "b", the point of no return: an error that stays parks the saga`, findings[0].What)
	require.Equal(t, []string{"D b late-read"}, found(define("D", sent("a", o), looked("b", o))))
	require.Empty(t, found(define("D", literal("a", o), looked("c", o), pivot("b", o), sent("d", o))))
}

func sent(name string, o saga.StepOptions) saga.Step[goods] {
	return saga.Retriable(name, func(context.Context, saga.Call[goods]) (int, error) { return 1, nil }, o)
}

func looked(name string, o saga.StepOptions) saga.Step[goods] {
	return saga.ReadOnly(name, func(context.Context, saga.Call[goods]) (int, error) { return 1, nil }, o)
}

type (
	opaque   struct{ inner chan int }
	speaking struct{ inner chan int }
	list     struct {
		Next  *list
		Items map[string][]opaque `json:"items"`
	}
	holder struct {
		io.Reader `json:"-"`
		Fine      any
		Ready     chan int `json:",omitempty"`
		secret    chan int
	}
	embedding struct{ goods }
	restored  struct{ inner chan int }
)

func (r *restored) UnmarshalJSON([]byte) error { r.inner = make(chan int); return nil }

func (s speaking) MarshalJSON() ([]byte, error) { return json.Marshal(cap(s.inner)) }

func gives[R any]() saga.Step[goods] {
	return saga.ReadOnly("a", func(context.Context, saga.Call[goods]) (r R, err error) { return r, nil }, saga.StepOptions{})
}

func TestAResultThatTheLogCannotGiveBackIsFound(t *testing.T) {
	for what, step := range map[string]saga.Step[goods]{
		"and in chan int there is a chan, for which JSON has nothing":                                gives[chan int](),
		"and in *func() there is a func, for which JSON has nothing":                                 gives[*func()](),
		"and in []io.Reader there is io.Reader, an interface with methods, into which JSON cannot":   gives[[]io.Reader](),
		"and in saga_test.opaque no field is exported, so that nothing of it is kept":                gives[opaque](),
		"and in saga_test.list.Items no field is exported":                                           gives[list](),
		"and in map[[2]int]string there is a map with keys of type [2]int, which JSON does not have": gives[map[[2]int]string](),
		"and in struct { C saga_test.list }.C.Items no field is exported":                            gives[struct{ C list }](),
		"and in [2]complex128 there is a complex128, for which JSON has nothing":                     gives[[2]complex128](),
	} {
		findings := saga.Lint(define("D", step, literal("z", saga.StepOptions{})))
		require.Len(t, findings, 1, what)
		require.Equal(t, saga.LintUnreadable, findings[0].Rule)
		require.Contains(t, findings[0].What, what)
	}
	_, _ = opaque{}.inner, holder{}.secret
	for _, step := range []saga.Step[goods]{
		gives[any](), gives[restored](), gives[struct{}](), gives[speaking](), gives[time.Time](), gives[holder](), gives[embedding](),
		gives[map[time.Time]json.RawMessage](), gives[map[int]*goods](), gives[[3]string](),
	} {
		require.Empty(t, saga.Lint(define("D", step, literal("z", saga.StepOptions{}))))
	}
	data := saga.Definition[list]{Name: "D", Version: 1, Steps: []saga.Step[list]{
		saga.ReadOnly("a", func(context.Context, saga.Call[list]) (struct{}, error) { return struct{}{}, nil }, saga.StepOptions{}),
	}}
	require.Equal(t, []string{"D  unreadable"}, found(data))
}
