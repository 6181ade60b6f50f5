// Package replicas holds the orchestrators that share one PostgreSQL database to what saga.Config.LeaseTTL promises,
// while their processes are killed and frozen and the server is stopped.
//
// It holds tests only. The processes are real: the test binary itself, started again in another mode. Participants keep
// their books in the same server, in a schema and in transactions of their own, under a unique index over idempotency
// keys. Sagas are started from outside, at a steady rate, and every acknowledged start is written down there. At the end
// the log, the books and that record have to agree.
package replicas
