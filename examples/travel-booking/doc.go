// Command travel-booking books a hotel, a flight and a car at the same time, as one saga.
//
//	go run ./examples/travel-booking               everything is booked, and the itinerary is sent
//	go run ./examples/travel-booking -fail flight  no seat is left: what had been booked is cancelled
//
// It prints the history of the saga, what is left in the books of the three agencies, and the saga as a flowchart in the
// language of Mermaid.
//
// The branches of [saga.Parallel] run side by side. When one of them is refused, those that run are waited for, and then all
// that may have happened is compensated, one at a time, in the reverse order of their start. The step behind the group
// finds the results of all branches (see itinerary.go). Begin with trip.go; agency.go shows what a participant owes: it keeps
// idempotency keys, so that everything it is asked for happens once.
package main
