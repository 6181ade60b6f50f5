// Package postgres is a log in a PostgreSQL database, of version 13 or later, that many processes on many machines append
// to and read.
//
// # Guarantees beside those of package eventstore
//
//   - Order: positions are 1, 2, 3, … without a gap, and commits happen in their order. Every append takes the one row of
//     the table log before it decides, so that appends of all processes are serial, as in Commanded's event store; no
//     reader can pass a position that appears later.
//   - Durability is the server's: a commit is acknowledged when synchronous_commit has been obeyed. A session for which
//     it is off sets it to on. What a fail-over to a replica that had not yet received a commit loses is lost; followers
//     whose checkpoint is ahead of the log then notice.
//   - Throughput comes from group commit: one writer for each Store sends all appends that wait as one transaction of two
//     round trips.
//   - A connection that breaks before the commit was sent gives ErrUnavailable, and after it ErrIndeterminate; either way
//     the store goes on with a new connection.
//   - Events and streams are never updated or deleted: triggers refuse it to every role, and Grants gives an application
//     role no right to try.
//   - Every event has a checksum over all that it consists of, verified at each read of it.
//
// Leases are rows of a table beside the log, settled by the server's clock; a role may be granted them with the rest.
//
// Subscriptions are woken by NOTIFY, which is a hint only: they also look by themselves at every poll interval.
//
// # Connections
//
// A Store uses a pool for reading, one connection for writing, one for LISTEN while there is any subscription, and one
// for each lock that is held. Sessions set search_path, so a connection pooler in front has to work by session, not by
// transaction.
package postgres
