// Package aggregatetest tests aggregates as sentences: given what happened, when a command comes, then this happens.
//
//	aggregatetest.Given[Command, Event](t, NewAccount("7"), Opened{}, Deposited{Amount: 100}).
//		When(Withdraw{Amount: 30}).
//		Then(Withdrawn{Amount: 30})
//
// It needs no store, takes no time and stops the test at the first sentence that does not hold. Beside the sentence
// itself it checks what every aggregate promises: Decide gives the same answer when asked twice, and changes no field of
// the aggregate, maps and slices included, as far as package fmt prints them.
package aggregatetest
