// Command loan-approval lends money when a person agrees to it: a saga that waits for days.
//
//	go run ./examples/loan-approval                   a person approves on the third day: the loan is paid out
//	go run ./examples/loan-approval -decision reject  a person rejects: the money that was reserved is released
//	go run ./examples/loan-approval -decision none    nobody decides: after 14 days the application lapses
//
// It prints what becomes of the application day by day, and the history of the saga.
//
// [saga.Await] waits for a signal, which [saga.Orchestrator.Signal] delivers. A wait holds no goroutine and no worker, it is
// an event with a deadline in the log: so it survives every stop. The example makes use of that to let days pass in a
// second: each night the service is stopped, and the clock of its decisions (saga.Config.Clock) is put forward to the next
// day. Nothing is simulated but the calendar. Begin with loan.go; lender.go is the participant, calendar.go lets days pass.
package main
