// Command bank-transfer moves money from one account to another as a saga: debit, record in the ledger, credit, notify.
//
//	go run ./examples/bank-transfer                 the money arrives
//	go run ./examples/bank-transfer -fail funds     the sender has too little: nothing happens
//	go run ./examples/bank-transfer -fail receiver  there is no such account: what was debited is put back
//
// It prints the accounts before and after, what became of each step, and that the total is what it was.
//
// Everything up to the credit can be undone; from the notice on, which cannot be taken back, the saga only goes forward.
// Begin with transfer.go; bank.go shows how a participant has each effect once, and undoes one of which nobody knows whether
// it has happened. The test sends 10,000 transfers through lost answers, timeouts, panics and crashes of the orchestrator,
// and not a cent is lost or made.
package main
