package sagatest_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/sagatest"
)

func TestARecorderDoesNotChangeTheDefinition(t *testing.T) {
	odd := saga.StepOptions{
		Timeout: time.Minute + time.Microsecond, TotalTimeout: time.Hour, CompensateOnFailure: true,
		Retry:        saga.RetryPolicy{InitialInterval: 2 * time.Minute, BackoffCoefficient: 1.5, MaximumAttempts: 7},
		Compensation: saga.AttemptOptions{Timeout: time.Second, TotalTimeout: time.Hour},
	}
	whole := small(7)
	whole.Steps = []saga.Step[parcel]{
		saga.Compensable("book", answered[parcel], undone, odd), saga.ReadOnly("look", answered[parcel], saga.StepOptions{}),
		saga.Pivot("pay", answered[parcel], saga.StepOptions{}), saga.Retriable("ship", answered[parcel], saga.StepOptions{}),
	}
	scripted := sagatest.Scripted(whole, sagatest.NewRecorder())
	require.NoError(t, scripted.Validate())
	require.Equal(t, whole.Plan(), scripted.Plan())
	require.Equal(t, whole.Name, scripted.Name)
	require.Equal(t, whole.Version, scripted.Version)
}

func TestAStepThatIsNotNamedKeepsItsFunction(t *testing.T) {
	var seen string
	d := small(1)
	d.Steps[1] = saga.Compensable("pay", func(_ context.Context, call saga.Call[parcel]) (string, error) {
		room, err := saga.Result[string](call, "book")
		seen = room
		return "receipt", err
	}, undone, saga.StepOptions{})
	r := sagatest.NewRecorder().On("book", sagatest.Succeeds("room 12")).On("pay", sagatest.Refuses("not asked"))
	synctest.Test(t, func(t *testing.T) {
		o := sagatest.RunOrchestrator(t, saga.Config{Definitions: []saga.AnyDefinition{sagatest.Scripted(d, r, "book")}})
		require.Equal(t, saga.StateCompleted, ends(t, o).State)
	})
	require.Equal(t, "room 12", seen)
	require.Len(t, r.Calls(), 1)
}

// ends starts the small saga "1" and waits until it rests.
func ends(t *testing.T, o *saga.Orchestrator) saga.Ending {
	t.Helper()
	_, err := o.Start(t.Context(), "Small", "1", parcel{Item: "lamp"})
	require.NoError(t, err)
	end, err := o.Wait(t.Context(), "Small", "1")
	require.NoError(t, err)
	return end
}

func TestARecorderPlaysItsScriptOnTheClockOfTheBubble(t *testing.T) {
	for name, c := range map[string]struct {
		pay   []sagatest.Answer
		took  time.Duration
		state saga.State
		calls []string
	}{
		"the last answer goes on for ever": {
			pay:  []sagatest.Answer{sagatest.Fails("busy").Times(2), sagatest.Succeeds(nil)},
			took: 3 * time.Second, state: saga.StateCompleted,
			calls: []string{"action of book, attempt 1", "action of pay, attempt 1", "action of pay, attempt 2", "action of pay, attempt 3"},
		},
		"a timeout lasts until the deadline": {
			pay:  []sagatest.Answer{sagatest.TimesOut(), sagatest.Succeeds(nil)},
			took: saga.DefaultTimeout + time.Second, state: saga.StateCompleted,
			calls: []string{"action of book, attempt 1", "action of pay, attempt 1", "action of pay, attempt 2"},
		},
		"a late success is taken, and spares the retry": {
			pay:  []sagatest.Answer{sagatest.SucceedsLate("receipt", time.Minute)},
			took: saga.DefaultTimeout + time.Minute, state: saga.StateCompleted,
			calls: []string{"action of book, attempt 1", "action of pay, attempt 1"},
		},
		"a panic is an error, a refusal the end": {
			pay:  []sagatest.Answer{sagatest.Panics("boom"), sagatest.Refuses("declined")},
			took: time.Second, state: saga.StateFailed,
			calls: []string{
				"action of book, attempt 1", "action of pay, attempt 1", "action of pay, attempt 2",
				"compensation of pay, attempt 1", "compensation of book, attempt 1",
			},
		},
		"an answer that cannot be is a refusal": {
			pay: []sagatest.Answer{sagatest.FindsNothing()}, state: saga.StateFailed,
			calls: []string{"action of book, attempt 1", "action of pay, attempt 1", "compensation of book, attempt 1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := sagatest.NewRecorder().On("pay", c.pay...).OnCompensation("pay", sagatest.FindsNothing())
			synctest.Test(t, func(t *testing.T) {
				o := sagatest.RunOrchestrator(t, saga.Config{
					Definitions: []saga.AnyDefinition{sagatest.Scripted(small(1), r)},
				})
				began := time.Now()
				require.Equal(t, c.state, ends(t, o).State)
				require.Equal(t, c.took, time.Since(began))
			})
			var calls []string
			for _, call := range r.Calls() {
				calls = append(calls, call.String())
			}
			require.Equal(t, c.calls, calls)
		})
	}
}

func TestARecorderKeepsWhatItWasCalledWith(t *testing.T) {
	r := sagatest.NewRecorder().On("book", sagatest.Succeeds("room 12")).On("pay", sagatest.Fails("busy"))
	synctest.Test(t, func(t *testing.T) {
		began := time.Now().UTC()
		ends(t, sagatest.RunOrchestrator(t, saga.Config{Definitions: []saga.AnyDefinition{
			sagatest.Scripted(of(1, saga.StepOptions{Retry: saga.RetryPolicy{MaximumAttempts: 1}}), r),
		}}))
		ref := saga.Ref{Name: "Small", ID: "1"}
		at := began.Add(saga.DefaultTimeout)
		require.Equal(t, []sagatest.RecordedCall{
			{Saga: ref, Step: "book", Attempt: 1, Key: "Small/1/book/action", Deadline: at},
			{Saga: ref, Step: "pay", Attempt: 1, Key: "Small/1/pay/action", Deadline: at},
			{Saga: ref, Step: "pay", Direction: saga.Compensation, Attempt: 1, Key: "Small/1/pay/compensation", Deadline: at},
			{
				Saga: ref, Step: "book", Direction: saga.Compensation, Attempt: 1, Key: "Small/1/book/compensation",
				Deadline: at, Result: []byte(`"room 12"`),
			},
		}, r.Calls())
	})
}

func TestARecorderInACaseNeverWaits(t *testing.T) {
	var last *sagatest.Recorder
	factory := func() sagatest.Case[parcel] {
		last = sagatest.NewRecorder().
			On("book", sagatest.TimesOut(), sagatest.SucceedsLate("room", time.Hour), sagatest.Succeeds("room")).
			On("pay", sagatest.Refuses("declined"))
		return sagatest.Case[parcel]{Definition: sagatest.Scripted(small(1), last), Invariant: func(end *saga.Instance) error {
			if end.State() != saga.StateFailed {
				return fmt.Errorf("it is %s, and pay was declined", end.State())
			}
			return nil
		}}
	}
	report := sagatest.Explore(t, factory, sagatest.Options{SinglesOnly: true})
	require.True(t, report.Complete)
	require.Zero(t, report.Completed)
	require.NotEmpty(t, last.Calls())
}

func TestARunningOrchestratorIsPartOfItsTest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failing := &failure{TB: t}
		require.Panics(t, func() { sagatest.RunOrchestrator(failing, saga.Config{Workers: -1}) })
		require.Contains(t, failing.said, "Workers is -1")
	})
}

// failure is a test that keeps why it was ended.
type failure struct {
	testing.TB
	said string
}

func (f *failure) Helper() {}
func (f *failure) Fatal(words ...any) {
	f.said = fmt.Sprint(words...)
	panic(f.said)
}
