// Command cqrs-service is a small HTTP service over one log: commands change an aggregate, a saga carries an order through,
// queries read a read model.
//
//	go run ./examples/cqrs-service                plays a client: places an order, and reads it until it is confirmed
//	go run ./examples/cqrs-service -fail payment  the card is declined: the order is rejected
//	go run ./examples/cqrs-service -serve         serves until Ctrl-C; started again, it goes on with what was open
//
// This is the way of an order, and the order in which to read the files:
//
//	POST /orders ──▶ order.go       the aggregate Order decides, and OrderPlaced is in the log
//	                 starter.go     follows the log and starts a saga for each OrderPlaced
//	                 fulfilment.go  the saga: accept the order, charge the card, confirm the order
//	                 readmodel.go   a projection keeps a table of orders
//	GET /orders  ◀── http.go        reads that table
//
// Aggregate and saga are streams of one log (events.db); the read model is a database beside it (readmodel.db), which can be
// deleted at any time. It lags behind the log by some milliseconds. Who has placed an order reads it nevertheless: the answer
// to the command carries a position of the log, and a query with ?min_pos= waits until the read model has reached it.
//
// The service has no users and no passwords, so it listens on loopback addresses only.
package main
