// Package esdb is a log in EventStoreDB (now KurrentDB), of version 23.10 or later, through its gRPC protocol.
//
// # Guarantees beside those of package eventstore
//
//   - Appends and reads ask for the leader of a cluster, on the wire, unless the connection string prefers other nodes, so
//     that a program reads what it has written.
//   - Every call is bounded by its context and by the call timeout, also where the client library would wait for ever: such
//     a call is left behind in a goroutine of its own, which is counted and limited (see Config.MaxHung).
//   - A node that is lost, a new leader, a connection that breaks: the client library's connection is replaced by a new one,
//     which looks for the cluster's nodes again. Reads and appends that met it give ErrUnavailable or ErrIndeterminate;
//     subscriptions go on by themselves from the last position that they have delivered, for as long as it takes.
//   - Size is checked before anything is sent, as the server counts it.
//
// # What is the server's
//
// Idempotency by event ids holds for NoStream and Exactly at any age; under Any and StreamExists it does not hold. Streams
// that were truncated or deleted still appear in ReadAll and in subscriptions until the server scavenges. Positions are
// places in the server's files, and count nothing. Metadata carries $correlationId and $causationId, by which the
// server's own tools follow a saga; streams, categories and events that begin with "$" are the server's and are never
// delivered. The id of the log is kept in the metadata of the stream "skald-log", which itself has no event.
package esdb
