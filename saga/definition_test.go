package saga_test

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/internal/walktest"
	"github.com/skaldgo/skald/saga"
)

func TestADefinitionReportsEveryFaultAtOnce(t *testing.T) {
	negative := saga.AttemptOptions{Timeout: -1, TotalTimeout: -1, Retry: saga.RetryPolicy{
		InitialInterval: -1, MaximumInterval: -1, BackoffCoefficient: 0.5, MaximumAttempts: -1,
	}}
	def := saga.Definition[goods]{Name: "no-good", Version: 0, Steps: []saga.Step[goods]{
		compensable("", saga.StepOptions{}),
		compensable("a", saga.StepOptions{
			Timeout: negative.Timeout, TotalTimeout: negative.TotalTimeout, Retry: negative.Retry, Compensation: negative,
		}),
		compensable("a", saga.StepOptions{Retry: saga.RetryPolicy{InitialInterval: 2, MaximumInterval: 1}}),
		saga.Compensable[goods, string]("nothing", nil, nil, saga.StepOptions{}),
		readOnly("look", saga.StepOptions{CompensateOnFailure: true, Compensation: saga.AttemptOptions{Timeout: 1}}),
		pivot("p", saga.StepOptions{Retry: saga.RetryPolicy{BackoffCoefficient: math.NaN()}}),
		pivot("q", saga.StepOptions{Retry: saga.RetryPolicy{BackoffCoefficient: math.Inf(1)}}),
		compensable("late", saga.StepOptions{}),
		retriable("bad name", saga.StepOptions{}),
		retriable(strings.Repeat("x", 101), saga.StepOptions{}),
		{},
	}}
	err := def.Validate()
	require.ErrorIs(t, err, saga.ErrInvalidDefinition)
	var faults *saga.DefinitionError
	require.ErrorAs(t, err, &faults)
	require.Equal(t, "no-good", faults.Name)

	for _, want := range []string{
		`name "no-good" holds '-'; use letters, digits, _ and . only`,
		"version is 0, it must be 1 or more",
		"step 1: name is empty",
		`step 3: the name "a" is taken by an earlier step`,
		`step "a": Timeout is -1ns, it must not be negative`,
		`step "a": TotalTimeout is -1ns, it must not be negative`,
		`step "a": Retry.InitialInterval is -1ns, it must not be negative`,
		`step "a": Retry.MaximumInterval is -1ns, it must not be negative`,
		`step "a": Retry.BackoffCoefficient is 0.5, it must be between 1 and 1000`,
		`step "a": Retry.MaximumAttempts is -1, it must not be negative`,
		`step "a": Compensation.Timeout is -1ns, it must not be negative`,
		`step "a": Compensation.TotalTimeout is -1ns, it must not be negative`,
		`step "a": Compensation.Retry.InitialInterval is -1ns, it must not be negative`,
		`step "a": Compensation.Retry.MaximumInterval is -1ns, it must not be negative`,
		`step "a": Compensation.Retry.BackoffCoefficient is 0.5, it must be between 1 and 1000`,
		`step "a": Compensation.Retry.MaximumAttempts is -1, it must not be negative`,
		`step "a": Retry.InitialInterval 2ns is longer than MaximumInterval 1ns`,
		`step "nothing" has no function`,
		`step "nothing" has no compensation; give it one, or declare it ReadOnly, Pivot or Retriable`,
		`step "look": CompensateOnFailure needs a compensation`,
		`step "look" has options for a compensation but no compensation`,
		`step "p": Retry.BackoffCoefficient is NaN, it must be between 1 and 1000`,
		`step "q": Retry.BackoffCoefficient is +Inf, it must be between 1 and 1000`,
		`step "q" is a second pivot; there is one point of no return`,
		`step "late" is compensable but comes after "q", the point of no return; make it retriable`,
		`step 9: name "bad name" holds ' '; use letters, digits, _ and . only`,
		`step 10: name "` + strings.Repeat("x", 40) + `"… has 101 bytes, the limit is 100`,
		"step 11: name is empty",
	} {
		require.Contains(t, faults.Faults, want)
		require.Contains(t, err.Error(), want)
	}
}

func TestTheOrderOfKindsIsChecked(t *testing.T) {
	var o saga.StepOptions
	faultsOf := func(steps ...saga.Step[goods]) []string {
		var faults *saga.DefinitionError
		if err := define("D", steps...).Validate(); err != nil {
			require.ErrorAs(t, err, &faults)
			return faults.Faults
		}
		return nil
	}
	require.Equal(t, []string{"it has no steps"}, faultsOf())
	require.Empty(t, faultsOf(compensable("a", o), readOnly("b", o), pivot("c", o), readOnly("d", o), retriable("e", o)))
	require.Empty(t, faultsOf(compensable("a", o), retriable("e", o), readOnly("d", o)))
	require.Equal(t, []string{`step "b" is compensable but comes after "a", the point of no return; make it retriable`},
		faultsOf(retriable("a", o), compensable("b", o)))
	require.Equal(t,
		[]string{`pivot "b" comes after the retriable step "a", which already is the point of no return`},
		faultsOf(retriable("a", o), pivot("b", o)))
	require.NoError(t, orderDef().Validate())
	require.NoError(t, tripDef().Validate())
}

func TestAPlanHasEveryDefaultFilledIn(t *testing.T) {
	policy := func(attempts int) saga.Policy {
		return saga.Policy{
			TimeoutMS: 300_000, InitialIntervalMS: 1000, BackoffCoefficient: 2, MaximumIntervalMS: 60_000,
			MaximumAttempts: attempts,
		}
	}
	undo := policy(10)
	plan := tripDef().Plan()
	require.Equal(t, &saga.Plan{Steps: []saga.PlannedStep{
		{Name: "hotel", Kind: saga.KindCompensable, Action: policy(3), Compensation: &undo},
		{Name: "car", Kind: saga.KindCompensable, Action: policy(3), Compensation: &undo},
		{Name: "buy", Kind: saga.KindPivot, Action: policy(3)},
		{Name: "mail", Kind: saga.KindRetriable, Action: policy(10)},
	}}, plan)
	require.Equal(t, saga.DefaultTimeout, plan.Steps[0].Action.Timeout())
	require.Zero(t, plan.Steps[0].Action.TotalTimeout())
	require.Equal(t, saga.RetryPolicy{
		InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: time.Minute, MaximumAttempts: 3,
	}, plan.Steps[0].Action.Retry())

	t.Run("a long first delay is the longest as well", func(t *testing.T) {
		slow := saga.StepOptions{Retry: saga.RetryPolicy{InitialInterval: time.Hour}}
		require.Equal(t, time.Hour, define("D", readOnly("a", slow)).Plan().Steps[0].Action.Retry().MaximumInterval)
	})
	t.Run("lengths of time are rounded up to milliseconds", func(t *testing.T) {
		odd := saga.StepOptions{Timeout: 1, TotalTimeout: time.Second + 1}
		action := define("D", readOnly("a", odd)).Plan().Steps[0].Action
		require.Equal(t, time.Millisecond, action.Timeout())
		require.Equal(t, 1001*time.Millisecond, action.TotalTimeout())
	})
	t.Run("the longest lengths do not overflow", func(t *testing.T) {
		endless := saga.StepOptions{Timeout: math.MaxInt64, TotalTimeout: math.MaxInt64}
		action := define("D", readOnly("a", endless)).Plan().Steps[0].Action
		require.Positive(t, action.Timeout())
		require.Positive(t, action.TotalTimeout())
	})
}

func TestAPlanSurvivesTheLog(t *testing.T) {
	o := limitedStep()
	o.CompensateOnFailure = true
	o.Retry.BackoffCoefficient = 1.1
	for _, plan := range []*saga.Plan{orderDef().Plan(), tripDef().Plan(), define("D", compensable("a", o)).Plan()} {
		encoded, err := json.Marshal(plan)
		require.NoError(t, err)
		var decoded saga.Plan
		require.NoError(t, json.Unmarshal(encoded, &decoded))
		require.Equal(t, plan, &decoded)
		require.Equal(t, saga.DefinitionHash("D", 1, plan), saga.DefinitionHash("D", 1, &decoded))
	}
}

func TestTheDefinitionHashChangesWithAnyChange(t *testing.T) {
	hashes := map[string]string{}
	differs := func(what, name string, version int, steps ...saga.Step[goods]) {
		hash := saga.DefinitionHash(name, version, define(name, steps...).Plan())
		require.Len(t, hash, 64)
		require.Empty(t, hashes[hash], "%s has the hash of another", what)
		hashes[hash] = what
	}
	var o saga.StepOptions
	differs("the definition", "D", 1, compensable("a", o), readOnly("b", o))
	differs("another name", "E", 1, compensable("a", o), readOnly("b", o))
	differs("another version", "D", 2, compensable("a", o), readOnly("b", o))
	differs("another order", "D", 1, readOnly("b", o), compensable("a", o))
	differs("a step less", "D", 1, compensable("a", o))
	differs("another step name", "D", 1, compensable("c", o), readOnly("b", o))
	differs("another kind", "D", 1, pivot("a", o), readOnly("b", o))
	for _, change := range []func(*saga.StepOptions){
		func(o *saga.StepOptions) { o.Timeout = time.Second },
		func(o *saga.StepOptions) { o.TotalTimeout = time.Second },
		func(o *saga.StepOptions) { o.Retry.InitialInterval = time.Millisecond },
		func(o *saga.StepOptions) { o.Retry.BackoffCoefficient = 3 },
		func(o *saga.StepOptions) { o.Retry.MaximumInterval = time.Hour },
		func(o *saga.StepOptions) { o.Retry.MaximumAttempts = 4 },
		func(o *saga.StepOptions) { o.Compensation.Timeout = time.Second },
		func(o *saga.StepOptions) { o.CompensateOnFailure = true },
	} {
		changed := o
		change(&changed)
		differs("another option", "D", 1, compensable("a", changed), readOnly("b", o))
	}
}

// No limit becomes shorter by being written down, nor longer by a millisecond, as long as milliseconds can tell it.
func TestALimitIsKeptToTheMillisecond(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		given := time.Duration(rapid.Int64Range(1, math.MaxInt64).Draw(t, "limit"))
		options := saga.StepOptions{Timeout: given, TotalTimeout: given, Retry: saga.RetryPolicy{InitialInterval: given}}
		planned := define("D", readOnly("a", options)).Plan().Steps[0].Action
		longest := time.Duration(math.MaxInt64).Truncate(time.Millisecond)
		for _, kept := range []time.Duration{planned.Timeout(), planned.TotalTimeout(), planned.Retry().InitialInterval} {
			require.True(t, kept >= given || kept == longest, "%s is kept as %s", given, kept)
			require.Less(t, kept-given, time.Millisecond)
		}
	})
}

func TestDefinitionsHaveOneHashJustWhenTheyHaveOnePlan(t *testing.T) {
	same, different := 0, 0
	pair := func(t *rapid.T) {
		one, other := walktest.Definition(t, "Walk"), walktest.Definition(t, "Walk")
		one.Version, other.Version = rapid.IntRange(1, 2).Draw(t, "version"), rapid.IntRange(1, 2).Draw(t, "version")
		other.Name = rapid.SampledFrom([]string{one.Name, one.Name + "2"}).Draw(t, "name")
		if rapid.Bool().Draw(t, "the same steps") {
			other.Steps = one.Steps
		}
		hashes := [2]string{}
		for i, d := range []saga.Definition[goods]{one, other} {
			encoded, err := json.Marshal(d.Plan())
			require.NoError(t, err)
			var decoded saga.Plan
			require.NoError(t, json.Unmarshal(encoded, &decoded))
			require.Equal(t, d.Plan(), &decoded, "a plan survives the log")
			hashes[i] = saga.DefinitionHash(d.Name, d.Version, &decoded)
		}
		alike := one.Name == other.Name && one.Version == other.Version && reflect.DeepEqual(one.Plan(), other.Plan())
		require.Equal(t, alike, hashes[0] == hashes[1])
		if alike {
			same++
		} else {
			different++
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		for range 4 {
			pair(t)
		}
	})
	require.NotZero(t, same)
	require.NotZero(t, different)
}
