package main

import (
	"testing"

	"github.com/skaldgo/skald/aggregate/aggregatetest"
)

func given(t *testing.T, events ...Event) aggregatetest.History[Command, Event] {
	return aggregatetest.Given[Command, Event](t, &Order{}, events...)
}

func TestAnOrderIsPlacedOnce(t *testing.T) {
	lamp := OrderPlaced{Item: "lamp", Cents: 4500}
	given(t).When(Place(lamp)).Then(lamp)
	given(t, lamp).When(Place(lamp)).ThenNothing()
	given(t, lamp).When(Place{Item: "sofa", Cents: 4500}).ThenError(ErrPlacedOtherwise)
	given(t).When(Place{Item: "", Cents: 4500}).ThenError(ErrInvalid)
	given(t).When(Place{Item: "lamp"}).ThenError(ErrInvalid)
}

func TestAnOrderIsConfirmedOrRejected(t *testing.T) {
	lamp, receipt := OrderPlaced{Item: "lamp", Cents: 4500}, OrderConfirmed{Receipt: "R-1"}
	given(t, lamp).When(Accept{}).Then(OrderAccepted{})
	given(t, lamp, OrderAccepted{}).When(Confirm(receipt)).Then(receipt)
	given(t, lamp, OrderAccepted{}).When(Reject{}).Then(OrderRejected{})
	given(t, lamp).When(Reject{}).Then(OrderRejected{})
	given(t, lamp, OrderRejected{}).When(Accept{}).ThenError(ErrNotInThisState)
	given(t, lamp, OrderAccepted{}, receipt).When(Reject{}).ThenError(ErrNotInThisState)
	given(t).When(Accept{}).ThenError(ErrNotInThisState)
}

func TestACommandThatComesAgainChangesNothing(t *testing.T) {
	lamp, receipt := OrderPlaced{Item: "lamp", Cents: 4500}, OrderConfirmed{Receipt: "R-1"}
	given(t, lamp, OrderAccepted{}).When(Accept{}).ThenNothing()
	given(t, lamp, OrderAccepted{}, receipt).When(Confirm(receipt)).ThenNothing()
	given(t, lamp, OrderRejected{}).When(Reject{}).ThenNothing()
}
