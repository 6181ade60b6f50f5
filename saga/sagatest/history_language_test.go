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

// freight books side by side, waits for papers, and has another saga sent and one that undoes it.
func freight() saga.Definition[parcel] {
	data := func(_ context.Context, call saga.Call[parcel]) (parcel, error) { return call.Data, nil }
	undoData := func(_ context.Context, call saga.Call[parcel]) (any, error) { return call.Data, nil }
	return saga.Definition[parcel]{Name: "Freight", Version: 1, Deadline: 24 * time.Hour, Steps: []saga.Step[parcel]{
		saga.Parallel("book",
			saga.Compensable("ship", answered[parcel], undone, saga.StepOptions{}),
			saga.Compensable("train", answered[parcel], undone, saga.StepOptions{})),
		saga.Await[parcel]("papers", saga.AwaitOptions[string]{Timeout: 5 * time.Hour}),
		saga.Child("send", "Small", data, saga.ChildOptions[parcel]{UndoSaga: "Small", UndoData: undoData}),
		saga.Compensable("bill", answered[parcel], undone, saga.StepOptions{}),
	}}
}

var onItsWay = saga.Ref{Name: "Freight", ID: "1"}

// freighted is the history of a freight, to which others do something while it runs.
func freighted(t *testing.T, script func(*sagatest.Recorder), others func(*testing.T, *saga.Orchestrator)) *sagatest.History {
	t.Helper()
	text := ""
	synctest.Test(t, func(t *testing.T) {
		r := sagatest.NewRecorder()
		script(r)
		store := memory.New()
		o := sagatest.RunOrchestrator(t, saga.Config{Store: store, Definitions: []saga.AnyDefinition{
			sagatest.Scripted(freight(), r), sagatest.Scripted(small(1), r),
		}})
		_, err := o.Start(t.Context(), onItsWay.Name, onItsWay.ID, parcel{Item: "lamp"})
		require.NoError(t, err)
		others(t, o)
		_, err = o.Wait(t.Context(), onItsWay.Name, onItsWay.ID)
		require.NoError(t, err)
		text = writtenDown(t, store, onItsWay, nil)
	})
	return read(t, text)
}

func papers(t *testing.T, o *saga.Orchestrator) {
	t.Helper()
	require.NoError(t, o.Signal(t.Context(), onItsWay.Name, onItsWay.ID, saga.Signal{ID: "p", Name: "papers", Payload: "ok"}))
}

func paused(t *testing.T, o *saga.Orchestrator, length time.Duration) {
	t.Helper()
	require.NoError(t, o.Pause(t.Context(), onItsWay.Name, onItsWay.ID, "ada", "to look", saga.NotSeen))
	time.Sleep(length)
	require.NoError(t, o.Resume(t.Context(), onItsWay.Name, onItsWay.ID, "ada", "looked", saga.NotSeen))
}

func TestAHistoryWithGroupsSignalsPausesAndChildrenRunsAgain(t *testing.T) {
	type script = func(*sagatest.Recorder)
	slow := sagatest.SucceedsLate("slow", 10*time.Second) // the child takes its time
	for name, c := range map[string]struct {
		script script
		others func(*testing.T, *saga.Orchestrator)
		holds  string
		state  saga.State
	}{
		"a signal, and a child that completes": {script: func(*sagatest.Recorder) {}, others: func(t *testing.T, o *saga.Orchestrator) {
			time.Sleep(time.Hour)
			papers(t, o)
		}, holds: saga.TypeChildRequested, state: saga.StateCompleted},
		"no signal": {script: func(*sagatest.Recorder) {}, others: func(*testing.T, *saga.Orchestrator) {},
			holds: saga.TypeCompensationRequested, state: saga.StateFailed},
		"a branch is refused": {script: func(r *sagatest.Recorder) { r.On("train", sagatest.Refuses("full")) },
			others: func(*testing.T, *saga.Orchestrator) {}, holds: saga.TypeSagaFailed, state: saga.StateFailed},
		"a pause while it waits, and a branch that is retried": {
			script: func(r *sagatest.Recorder) { r.On("train", sagatest.Fails("busy").Times(2), sagatest.Succeeds("seat")) },
			others: func(t *testing.T, o *saga.Orchestrator) {
				papers(t, o)
				paused(t, o, time.Hour)
			}, holds: saga.TypeSagaPaused, state: saga.StateCompleted,
		},
		"a child that fails": {script: func(r *sagatest.Recorder) { r.On("pay", sagatest.Refuses("no")) }, others: papers,
			holds: saga.TypeChildRequested, state: saga.StateFailed},
		"a child that takes its time, and is undone by another": {
			script: func(r *sagatest.Recorder) { r.On("book", slow).On("bill", sagatest.Refuses("no")) }, others: papers,
			holds: saga.TypeCompensationCompleted, state: saga.StateFailed,
		},
		"a pause while a child runs": {script: func(r *sagatest.Recorder) { r.On("book", slow) },
			others: func(t *testing.T, o *saga.Orchestrator) {
				papers(t, o)
				time.Sleep(time.Minute)
				paused(t, o, time.Hour)
			}, holds: saga.TypeSagaResumed, state: saga.StateCompleted},
		"a cancellation while a child runs": {script: func(r *sagatest.Recorder) { r.On("book", slow) },
			others: func(t *testing.T, o *saga.Orchestrator) {
				papers(t, o)
				time.Sleep(time.Minute)
				require.NoError(t, o.Cancel(t.Context(), onItsWay.Name, onItsWay.ID, "ada", "not wanted", saga.NotSeen))
			}, holds: saga.TypeSagaCancelRequested, state: saga.StateFailed},
		"a child that is ended": {script: func(r *sagatest.Recorder) { r.On("book", slow) },
			others: func(t *testing.T, o *saga.Orchestrator) {
				papers(t, o)
				time.Sleep(time.Minute)
				require.NoError(t, o.Terminate(t.Context(), "Small", "Freight/1/send", "ada", "hopeless", saga.NotSeen))
			}, holds: saga.TypeStepFailed, state: saga.StateFailed},
	} {
		t.Run(name, func(t *testing.T) {
			h := freighted(t, c.script, c.others)
			requireHolds(t, h, c.holds)
			require.Nil(t, sagatest.CheckHistory(t, h, freight()))
			again := sagatest.RerunHistory(t, h, freight())
			require.NotNil(t, again)
			require.Equal(t, c.state, again.State())
		})
	}
}
