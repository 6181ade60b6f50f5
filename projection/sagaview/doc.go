// Package sagaview is the read model of sagas: what is active, what is stuck and why, what is parked, and where each step
// stands, as plain SQL tables that a dashboard can query.
//
// It is a projection of the log (package projection), so it can be deleted and rebuilt at any time, and says what
// position it is as of. The tables are
//
//   - sagas: one row for each saga,
//   - saga_steps: one row for each step of each saga,
//   - saga_parked: what waits for a person,
//   - saga_counts: how many sagas of a name are in a state, so that nobody needs to count,
//
// and the views active_sagas and stuck_sagas. Instants are milliseconds since 1970 in UTC, 0 never: an instant that is
// not known is NULL.
//
// # Stuck
//
// Every event of an open saga sets next_due: the attempt's deadline, the instant at which a retry is due, or, while
// nothing runs, the instant by which something should have started. A parked saga has none. A saga is stuck when
// next_due plus a grace is before caught_up_at, the clock of the projection when it last had everything the log held.
// So a projection that lags reports lag, and never a saga that is stuck only in its own eyes.
package sagaview
