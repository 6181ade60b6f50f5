package sagatest_test

import (
	"testing"
	"time"

	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/sagatest"
)

func TestGivenTellsOfBranchesSignalsAndTime(t *testing.T) {
	waiting := sagatest.Given(t, waits().Definition, order{Item: "house"}).After(sagatest.Step("reserve", sagatest.Succeeds("r")))
	waiting.When(sagatest.Step("value", sagatest.Refuses("ruin"))).
		Then(saga.StepFailed{}, saga.CompensationRequested{FailedStep: "value", Plan: []string{"reserve"}}, saga.CompensationStarted{})
	waiting.When(sagatest.Passes(time.Minute)).Then(saga.StepCompleted{Step: "papers", Lapsed: true})
	waiting.After(sagatest.Signalled("approval", true)).When(sagatest.Signalled("papers", true)).
		Then(saga.SignalReceived{Name: "papers"}, saga.StepCompleted{Step: "papers"})
	waiting.After(sagatest.Step("value", sagatest.Succeeds("v")), sagatest.Signalled("papers", true)).
		When(sagatest.Passes(time.Hour)).ThenState(saga.StateCompensating)

	booking := sagatest.Given(t, branches().Definition, order{Item: "Bergen"})
	booking.When(sagatest.Step("hotel", sagatest.Refuses("full"))).
		Then(saga.StepFailed{}, saga.StepGivenUp{Step: "hotel"}).ThenState(saga.StatePending)
}
