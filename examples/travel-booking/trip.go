package main

import "github.com/skaldgo/skald/saga"

// Name is the name of the saga's definition.
const Name = "TravelBooking"

// The names of the steps.
const (
	StepHotel     = "hotel"
	StepFlight    = "flight"
	StepCar       = "car"
	StepItinerary = "send_itinerary"
)

// Trip is what a saga is started with.
type Trip struct {
	Traveller string `json:"traveller"`
	City      string `json:"city"`
}

// Services are the participants of the saga.
type Services struct {
	Hotel, Flight, Car *Agency
	Post               *Post
}

// Definition books everything side by side, and then sends the itinerary. A letter cannot be called back: to start sending
// it is the point of no return, from which on the saga only goes forward.
func Definition(s Services) saga.Definition[Trip] {
	return saga.Definition[Trip]{Name: Name, Version: 1, Steps: []saga.Step[Trip]{
		saga.Parallel("book",
			saga.Compensable(StepHotel, s.Hotel.Book, s.Hotel.Cancel, saga.StepOptions{}),
			saga.Compensable(StepFlight, s.Flight.Book, s.Flight.Cancel, saga.StepOptions{}),
			saga.Compensable(StepCar, s.Car.Book, s.Car.Cancel, saga.StepOptions{}),
		),
		saga.Retriable(StepItinerary, s.Post.SendItinerary, saga.StepOptions{}),
	}}
}
