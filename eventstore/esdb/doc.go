// Package esdb is a log in EventStoreDB (now KurrentDB), of version 23.10 or later, through its gRPC protocol.
//
// # Guarantees beside those of package eventstore
//
//   - Appends and reads ask for the leader of a cluster, on the wire, unless the connection string prefers other nodes, so
//     that a program reads what it has written.
//   - Every call is bounded by its context and by the call timeout, also where the client library would wait for ever: such
//     a call is left behind in a goroutine of its own, which is counted and limited (see Config.MaxHung). The client in
//     which it hangs is closed, which lets it go; nothing else outlives Close, but what a client of the library forgets
//     that had to look for a node again.
//   - A node that is lost, a new leader, a connection that breaks: the client library's connection is replaced by a new one,
//     which looks for the cluster's nodes again, once for all who wait. Reads are made again on it. Appends are made again
//     when the server surely has not got all of them; else they give ErrIndeterminate, also when the server says that it
//     is not ready. Subscriptions go on by themselves from the last position that they have delivered, for as long as it
//     takes.
//   - Size is checked before anything is sent, as the server counts it.
//
// # What is the server's
//
// Idempotency by event ids holds for NoStream and Exactly at any age; under Any and StreamExists it does not hold, and
// neither does it for an append under NoStream that has revived a deleted stream: its repeat is a conflict. Streams that
// were truncated or deleted still appear in ReadAll and in subscriptions until the server scavenges. Positions are places
// in the server's files, and count nothing; one that is none of the log gives ErrInvalid. Streams, categories and events
// that begin with "$" are the server's and are never delivered. Metadata carries $correlationId and $causationId, by
// which the server's own tools follow a saga. The id of the log is kept in the metadata of the stream "skald-log", and
// leases in those of "leases-" and their group, with the server's time in those of "skald-clock"; none of the three has an
// event. The user must be allowed to read the whole log ($all).
//
// # What it was tested against
//
// A server in the process of the tests, which speaks the same protocol, with faults; not yet a real one. With
// SKALD_TEST_ESDB=esdb://… the conformance suite runs on the server named, to which nobody else may write meanwhile.
package esdb
