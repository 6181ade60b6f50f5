package saga

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// These tests call a step's function as the orchestrator does, which no one outside the package can.

type parcel struct {
	Weight int `json:"weight"`
}

var parcelCall = rawCall{
	ref: Ref{Name: "P", ID: "7"}, step: "pack", attempt: 3, idempotencyKey: "key", actionKey: "action key",
	deadline: time.Unix(1, 0), data: json.RawMessage(`{"weight":5}`),
	results: resultSource{
		plan:    &Plan{Steps: []PlannedStep{{Name: "weigh"}, {Name: "pack"}, {Name: "later"}}},
		results: []json.RawMessage{json.RawMessage(`17`), nil},
	},
}

func TestAStepIsToldEverythingAboutItsAttempt(t *testing.T) {
	var told Call[parcel]
	step := ReadOnly("pack", func(_ context.Context, call Call[parcel]) (map[string]int, error) {
		told = call
		return map[string]int{"box": 2}, nil
	}, StepOptions{})
	result, err := step.do(t.Context(), parcelCall)
	require.NoError(t, err)
	require.JSONEq(t, `{"box":2}`, string(result))
	require.Equal(t, Call[parcel]{
		SagaName: "P", SagaID: "7", Step: "pack", Attempt: 3, IdempotencyKey: "key", ActionKey: "action key",
		Deadline: time.Unix(1, 0), Data: parcel{Weight: 5}, results: parcelCall.results,
	}, told)

	weight, err := Result[int](told, "weigh")
	require.NoError(t, err)
	require.Equal(t, 17, weight)
	for _, none := range []string{"pack", "later", "nowhere", ""} {
		_, err = Result[int](told, none)
		require.ErrorIs(t, err, ErrNoResult, none)
	}
	_, err = Result[string](told, "weigh")
	require.ErrorIs(t, err, ErrNoResult)
	_, err = Result[int](Call[parcel]{}, "weigh")
	require.ErrorIs(t, err, ErrNoResult)
}

func TestWhatAStepCannotReadOrKeepIsAnErrorOfItsAttempt(t *testing.T) {
	returning := func(result any) error {
		step := ReadOnly("pack", func(context.Context, Call[parcel]) (any, error) { return result, nil }, StepOptions{})
		_, err := step.do(t.Context(), parcelCall)
		return err
	}
	require.ErrorContains(t, returning(func() {}), `encode the result of step "pack"`)
	require.ErrorContains(t, returning(strings.Repeat("x", MaxPayloadBytes)), "the limit is 262144")
	require.NoError(t, returning(strings.Repeat("x", MaxPayloadBytes-2)))

	other := parcelCall
	other.data = json.RawMessage(`[]`)
	step := Compensable("pack", func(context.Context, Call[parcel]) (int, error) { return 1, nil },
		func(context.Context, Call[parcel], *int) error { return nil }, StepOptions{})
	_, err := step.do(t.Context(), other)
	require.ErrorContains(t, err, `decode the data of saga P/7 for step "pack"`)
	require.ErrorContains(t, step.undo(t.Context(), other, nil), "decode the data")
	require.ErrorContains(t, step.undo(t.Context(), parcelCall, json.RawMessage(`"x"`)), "decode the result")
}

func TestACompensationGetsTheResultOrNil(t *testing.T) {
	var got []*int
	step := Compensable("pack", func(context.Context, Call[parcel]) (int, error) { return 0, errors.New("e") },
		func(_ context.Context, _ Call[parcel], result *int) error {
			got = append(got, result)
			return nil
		}, StepOptions{})
	require.NoError(t, step.undo(t.Context(), parcelCall, nil))
	require.NoError(t, step.undo(t.Context(), parcelCall, json.RawMessage(`9`)))
	require.Nil(t, got[0])
	require.Equal(t, 9, *got[1])
	_, err := step.do(t.Context(), parcelCall)
	require.EqualError(t, err, "e")
}

func TestPermanentErrorsAreKnownHoweverTheyAreWrapped(t *testing.T) {
	cause := errors.New("declined")
	require.NoError(t, Permanent(nil))
	require.False(t, IsPermanent(nil))
	require.False(t, IsPermanent(cause))
	require.True(t, IsPermanent(fmt.Errorf("pay: %w", Permanent(cause))))
	require.True(t, IsPermanent(errors.Join(cause, Permanent(cause))))
	require.ErrorIs(t, Permanent(cause), cause)
	require.EqualError(t, Permanent(cause), "declined")
}

func TestACopyOfASagaSharesNothingThatItsEventsChange(t *testing.T) {
	plan := &Plan{Steps: []PlannedStep{{Name: "a", Compensation: &Policy{MaximumAttempts: 1}}}}
	in := NewInstance(Ref{Name: "P", ID: "7"})
	in.Evolve(SagaStarted{Name: "P", ID: "7", Plan: plan})
	history := []Event{
		StepStarted{AttemptStarted: AttemptStarted{Step: "a", Attempt: 1}},
		StepFailed{AttemptFailed{Step: "a", Attempt: 1, Error: "e"}},
		CompensationRequested{FailedStep: "a", Plan: []string{"a"}},
		CompensationStarted{AttemptStarted: AttemptStarted{Step: "a", Attempt: 1}},
		SagaParked{Parked{Step: "a", Direction: Compensation}},
		StepCompleted{Step: "a", Attempt: 1, Late: true},
		CompensationCompleted{Step: "a", Attempt: 1},
		StepRedriven{Step: "a", Direction: Compensation},
		CompensationStarted{AttemptStarted: AttemptStarted{Step: "a", Attempt: 2}, ResultKnown: true},
		CompensationCompleted{Step: "a", Attempt: 2},
		SagaFailed{},
	}
	for _, event := range history {
		kept, copied := in.clone(), in.clone()
		require.Equal(t, in, kept)
		copied.Evolve(event)
		require.Equal(t, kept, in, "%T of the copy reached the saga", event)
		in.Evolve(event)
		require.Equal(t, in, copied)
		require.Empty(t, in.fault)
	}
}
