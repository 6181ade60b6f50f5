package saga_test

import (
	"encoding/json"
	"flag"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

var update = flag.Bool("update", false, "write the golden files anew")

// everyEvent holds at least one event of every type, with every field set.
func everyEvent() []saga.Event {
	at := time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)
	o := limitedStep()
	o.CompensateOnFailure = true
	plan := define("Every", compensable("a", o), readOnly("b", once()), pivot("c", once()), retriable("d", once())).Plan()
	started := saga.AttemptStarted{Step: "a", Attempt: 2, Key: "Every/7/a/action", Deadline: at, TotalDeadline: at.Add(time.Minute)}
	unlimited := started
	unlimited.TotalDeadline = time.Time{}
	problem := saga.AttemptFailed{Step: "a", Attempt: 2, Error: "no \"answer\" <&>", Permanent: true, Stack: "goroutine 1\n"}
	ref := saga.AttemptRef{Step: "a", Attempt: 2}
	retry := saga.RetryScheduled{Step: "a", Attempt: 3, Due: at}
	seen := int64(12)
	return []saga.Event{
		saga.SagaStarted{
			Name: "Every", ID: "7", Version: 3, DefinitionHash: "abc", CorrelationID: "c", Plan: plan,
			Data: json.RawMessage(`{"item":"lamp"}`),
		},
		saga.StepStarted{AttemptStarted: started}, saga.StepStarted{AttemptStarted: unlimited},
		saga.StepCompleted{Step: "a", Attempt: 2, Result: json.RawMessage(`{"id":"r"}`), Late: true},
		saga.StepCompleted{Step: "a", Attempt: 2, Result: json.RawMessage(`null`)}, saga.StepCompleted{Step: "a", Attempt: 2},
		saga.StepFailed{AttemptFailed: problem}, saga.StepFailed{AttemptFailed: saga.AttemptFailed{Step: "a", Attempt: 1, Error: "e"}},
		saga.StepTimedOut{AttemptRef: ref}, saga.StepInterrupted{AttemptRef: ref},
		saga.StepRetryScheduled{RetryScheduled: retry},
		saga.CompensationRequested{FailedStep: "b", Reason: "step b: e", Plan: []string{"c", "a"}},
		saga.CompensationRequested{FailedStep: "b", Reason: "step b: e", Plan: []string{}},
		saga.CompensationStarted{AttemptStarted: started, ResultKnown: true},
		saga.CompensationCompleted{Step: "a", Attempt: 2, Nothing: true}, saga.CompensationCompleted{Step: "a", Attempt: 2},
		saga.CompensationFailed{AttemptFailed: problem}, saga.CompensationTimedOut{AttemptRef: ref},
		saga.CompensationInterrupted{AttemptRef: ref}, saga.CompensationRetryScheduled{RetryScheduled: retry},
		saga.SagaParked{Parked: saga.Parked{
			Step: "a", Direction: saga.Compensation, Reason: saga.ParkedRetriesUsedUp, Attempts: 10, Error: "e",
		}},
		saga.StepRedriven{Step: "a", Direction: saga.Compensation, Actor: "ann", Reason: "fixed", SeenRevision: 12},
		saga.StepResolved{Step: "a", Result: json.RawMessage(`{"x":1}`), Actor: "ann", Reason: "it is there", SeenRevision: 12},
		saga.StepResolved{
			Step: "a", Direction: saga.Compensation, Evidence: "receipt 4", Actor: "ann", Reason: "by hand", SeenRevision: 12,
		},
		saga.StepSkipped{Step: "a", Actor: "ann", Reason: "not needed", SeenRevision: 12},
		saga.SagaCancelRequested{Actor: "ann", Reason: "not wanted", SeenRevision: &seen}, saga.SagaCancelRequested{Actor: "a", Reason: "b"},
		saga.SagaTerminated{Actor: "ann", Reason: "hopeless", SeenRevision: &seen, Undone: []string{"a", "c"}},
		saga.SagaTerminated{Actor: "ann", Reason: "hopeless", Undone: []string{}},
		saga.SagaPaused{Actor: "ann", Reason: "the bank is closed", SeenRevision: &seen}, saga.SagaPaused{Actor: "a", Reason: "b"},
		saga.DeadlineExtended{Deadline: at, Actor: "ann", Reason: "it takes longer", SeenRevision: &seen},
		saga.RetryPolicyChanged{
			Step: "a", Direction: saga.Compensation, Retry: saga.PlannedRetry{
				InitialIntervalMS: 1500, BackoffCoefficient: 1.5, MaximumIntervalMS: 60_000, MaximumAttempts: 20,
			}, Actor: "ann", Reason: "the bank is slow", SeenRevision: &seen,
		},
		saga.SagaResumed{Actor: "ann", Reason: "the bank is open", SeenRevision: &seen}, saga.SagaResumed{Actor: "a", Reason: "b"},
		saga.SagaMigrated{Version: 3, DefinitionHash: "ab", Plan: &saga.Plan{Steps: []saga.PlannedStep{{Name: "a"}}}, Actor: "ann", Reason: "new terms", SeenRevision: &seen},
		saga.SagaCompleted{}, saga.SagaFailed{FailedStep: "b", Reason: "step b: e"},
	}
}

// stored is an event as the log keeps it.
type stored struct {
	Type string          `json:"type"`
	Data json.RawMessage `json:"data"`
}

func TestTheStoredFormOfEveryEventIsFixed(t *testing.T) {
	const golden = "testdata/events.golden.json"
	registry, err := saga.NewRegistry()
	require.NoError(t, err)
	var all []stored
	for _, event := range everyEvent() {
		encoded, err := registry.Encode(event)
		require.NoError(t, err)
		require.Equal(t, event.EventType(), encoded.Type)
		require.Equal(t, 1, encoded.Schema)
		all = append(all, stored{encoded.Type, encoded.Data})
	}
	written, err := json.MarshalIndent(all, "", "  ")
	require.NoError(t, err)
	if *update {
		require.NoError(t, os.WriteFile(golden, append(written, '\n'), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), string(written)+"\n", "logs are kept for years: a changed form needs an upcaster")

	var kept []stored
	require.NoError(t, json.Unmarshal(want, &kept))
	types := map[string]bool{}
	for i, event := range everyEvent() {
		decoded, err := registry.Decode(kept[i].Type, 1, kept[i].Data)
		require.NoError(t, err)
		require.Equal(t, event.EventType(), decoded.(saga.Event).EventType())
		again, err := json.Marshal(decoded)
		require.NoError(t, err)
		require.JSONEq(t, string(all[i].Data), string(again), "%s survives the log", kept[i].Type)
		types[kept[i].Type] = true
	}
	require.Len(t, types, 27, "the file holds every type")
}

func TestUnknownWordsInAnEventAreRefused(t *testing.T) {
	registry, err := saga.NewRegistry()
	require.NoError(t, err)
	for typeName, data := range map[string]string{
		saga.TypeStepRedriven: `{"step":"a","direction":"sideways"}`,
		saga.TypeSagaStarted:  `{"plan":{"steps":[{"name":"a","kind":"parallel"}]}}`,
		saga.TypeStepStarted:  `{"step":"a","deadline":"noon"}`,
	} {
		_, err := registry.Decode(typeName, 1, []byte(data))
		require.Error(t, err, typeName)
	}
	_, err = registry.Decode("SagaRenamed", 1, []byte(`{}`))
	require.Error(t, err)
}

func TestEveryWordHasAText(t *testing.T) {
	roundTrip := func(value interface {
		MarshalText() ([]byte, error)
	}, parse func([]byte) error) {
		text, err := value.MarshalText()
		require.NoError(t, err)
		require.NoError(t, parse(text))
	}
	for s := saga.StateNone; s <= saga.StateFailed; s++ {
		var got saga.State
		roundTrip(s, got.UnmarshalText)
		require.Equal(t, s, got)
	}
	for s := saga.StepStatePending; s <= saga.StepStateSkipped; s++ {
		var got saga.StepState
		roundTrip(s, got.UnmarshalText)
		require.Equal(t, s, got)
	}
	for k := saga.KindCompensable; k <= saga.KindRetriable; k++ {
		var got saga.Kind
		roundTrip(k, got.UnmarshalText)
		require.Equal(t, k, got)
	}
	require.Equal(t, "invalid(99)", saga.State(99).String())
	require.Error(t, new(saga.Direction).UnmarshalText([]byte("back")))
}
