package sagatest_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/sagatest"
)

func TestAHistoryRunsAgainToItsEnd(t *testing.T) {
	once := saga.StepOptions{Retry: saga.RetryPolicy{MaximumAttempts: 1}}
	type script = func(*sagatest.Recorder)
	for name, c := range map[string]struct {
		pay      saga.StepOptions
		script   script
		redrives int
		holds    string // a type of event that makes the case what it says
	}{
		"all goes well": {script: func(*sagatest.Recorder) {}, holds: saga.TypeSagaCompleted},
		"a refusal": {
			script: func(r *sagatest.Recorder) { r.On("pay", sagatest.Refuses("no")) }, holds: saga.TypeSagaFailed,
		},
		"errors and a panic": {script: func(r *sagatest.Recorder) {
			r.On("book", sagatest.Fails("busy").Times(2), sagatest.Succeeds("room"))
			r.On("pay", sagatest.Panics("boom"), sagatest.Succeeds(8))
		}, holds: saga.TypeSagaCompleted},
		"timeouts, and nothing to undo": {script: func(r *sagatest.Recorder) {
			r.On("pay", sagatest.TimesOut()).OnCompensation("pay", sagatest.TimesOut(), sagatest.FindsNothing())
		}, holds: saga.TypeCompensationTimedOut},
		"a success that is late": {script: func(r *sagatest.Recorder) {
			r.On("pay", sagatest.SucceedsLate("receipt", time.Second))
		}, holds: saga.TypeStepTimedOut},
		"a success that is late for a saga that has turned round": {pay: once, script: func(r *sagatest.Recorder) {
			r.On("pay", sagatest.SucceedsLate("receipt", time.Minute))
		}, holds: saga.TypeCompensationRequested},
		"a compensation that needs a person": {script: func(r *sagatest.Recorder) {
			r.On("pay", sagatest.Refuses("no"))
			r.OnCompensation("book", sagatest.Fails("gone").Times(20), sagatest.Succeeds(nil))
		}, redrives: 2, holds: saga.TypeStepRedriven},
		"a compensation that a person still has to mend": {script: func(r *sagatest.Recorder) {
			r.On("pay", sagatest.Refuses("no")).OnCompensation("book", sagatest.Refuses("gone"))
		}, redrives: 1, holds: saga.TypeSagaParked},
		"an attempt that does not return in time": {script: func(r *sagatest.Recorder) {
			r.On("pay", sagatest.SucceedsLate("receipt", 20*time.Minute))
		}, redrives: 1, holds: saga.TypeSagaParked},
	} {
		t.Run(name, func(t *testing.T) {
			r := sagatest.NewRecorder()
			c.script(r)
			d := of(1, c.pay)
			h := happened(t, d, r, c.redrives)
			requireHolds(t, h, c.holds)
			require.Nil(t, sagatest.CheckHistory(t, h, d))
			again := sagatest.RerunHistory(t, h, d)
			require.NotNil(t, again)
			require.Equal(t, int64(len(h.Events())-1), again.Revision())
		})
	}
}

func TestAHistoryWithAResolutionRunsAgainToItsEnd(t *testing.T) {
	r := sagatest.NewRecorder()
	r.On("pay", sagatest.Refuses("no")).OnCompensation("book", sagatest.Refuses("gone"))
	d := of(1, saga.StepOptions{})
	h := lived(t, sagatest.Scripted(d, r), nil, func(t *testing.T, o *saga.Orchestrator) {
		_, err := o.Start(t.Context(), d.Name, "1", parcel{Item: "lamp"})
		require.NoError(t, err)
		end, err := o.Wait(t.Context(), d.Name, "1")
		require.NoError(t, err)
		time.Sleep(time.Hour)
		require.NoError(t, o.Resolve(t.Context(), d.Name, "1", saga.Resolution{
			Step: "book", Direction: saga.Compensation, Evidence: "the room is free", Actor: "ada", Reason: "by telephone",
			SeenRevision: end.Instance.Revision(),
		}))
		end, err = o.Wait(t.Context(), d.Name, "1")
		require.NoError(t, err)
		require.Equal(t, saga.StateFailed, end.State)
	})
	requireHolds(t, h, saga.TypeStepResolved)
	require.Nil(t, sagatest.CheckHistory(t, h, d))
	again := sagatest.RerunHistory(t, h, d)
	require.NotNil(t, again)
	require.Equal(t, int64(len(h.Events())-1), again.Revision())
}

func requireHolds(t *testing.T, h *sagatest.History, eventType string) {
	t.Helper()
	var types []string
	for _, event := range h.Events() {
		types = append(types, event.EventType())
	}
	require.Contains(t, types, eventType)
}

func TestEveryBeginningOfAHistoryRunsAgain(t *testing.T) {
	whole := history(t, "redriven")
	sound := 0
	for n := range len(whole.Events()) {
		h, err := beginning(t, "redriven", n+1)
		if err != nil {
			continue // cut within an append
		}
		sound++
		require.Nil(t, sagatest.CheckHistory(t, h, orders()))
		again := sagatest.RerunHistory(t, h, orders())
		require.NotNil(t, again)
		require.Equal(t, int64(n), again.Revision())
	}
	require.Greater(t, sound, 20)
}

func TestAHistoryWithAnInterruptionRunsAgain(t *testing.T) {
	d := small(1)
	r := sagatest.NewRecorder().On("pay", sagatest.TimesOut(), sagatest.Succeeds("receipt"))
	scripted := []saga.AnyDefinition{sagatest.Scripted(d, r)}
	text := ""
	synctest.Test(t, func(t *testing.T) {
		cfg := saga.Config{Store: memory.New(), Definitions: scripted, ShutdownGrace: -1}
		run := func(test func(*saga.Orchestrator)) {
			o, err := saga.New(cfg)
			require.NoError(t, err)
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan error)
			go func() { ended <- o.Run(ctx) }()
			test(o)
			stop()
			require.NoError(t, <-ended)
		}
		run(func(o *saga.Orchestrator) {
			_, err := o.Start(t.Context(), "Small", "1", parcel{})
			require.NoError(t, err)
			time.Sleep(time.Minute) // it hangs in pay, and is stopped there
		})
		time.Sleep(time.Hour)
		run(func(o *saga.Orchestrator) {
			end, err := o.Wait(t.Context(), "Small", "1")
			require.NoError(t, err)
			require.Equal(t, saga.StateCompleted, end.State)
		})
		text = writtenDown(t, cfg.Store, saga.Ref{Name: "Small", ID: "1"}, nil)
	})
	h := read(t, text)
	requireHolds(t, h, saga.TypeStepInterrupted)
	require.Nil(t, sagatest.CheckHistory(t, h, d))
	again := sagatest.RerunHistory(t, h, d)
	require.Equal(t, saga.StateCompleted, again.State())
	require.Equal(t, int64(len(h.Events())-1), again.Revision())
}

func TestARerunThatComesToAnotherEndIsReportedWithAChart(t *testing.T) {
	r := sagatest.NewRecorder().On("pay", sagatest.Fails("busy"))
	h := happened(t, small(1), r, 0)
	j := &judge{}
	sagatest.RerunHistory(j, h, of(2, saga.StepOptions{Retry: saga.RetryPolicy{MaximumAttempts: 5}}))
	require.Len(t, j.errors, 1)
	require.Contains(t, j.errors[0], "it makes attempt 4 of the action of pay, of which the history knows no answer")
	require.Contains(t, j.errors[0], "action of pay, attempt 3: busy")
	t.Log("\n" + j.errors[0])

	retriable := small(2)
	pay := func(context.Context, saga.Call[parcel]) (string, error) {
		panic("no function of the definition is called")
	}
	retriable.Steps = []saga.Step[parcel]{retriable.Steps[0], saga.Retriable("pay", pay, saga.StepOptions{
		Retry: saga.RetryPolicy{MaximumAttempts: 3},
	})}
	j = &judge{}
	end := sagatest.RerunHistory(j, h, retriable)
	require.Equal(t, saga.StatePending, end.State())
	require.Len(t, j.errors, 1)
	require.Contains(t, j.errors[0], "  - the saga is failed\n  + the saga is pending")
	require.Contains(t, j.errors[0], "+ it waits at the action of pay (retries_used_up)")
	t.Log("\n" + j.errors[0])
}
