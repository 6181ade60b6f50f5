// Package esdbtest gives tests a server that speaks the gRPC protocol of EventStoreDB: in the process of the test, on
// 127.0.0.1, and as ill-behaved as the test wants it to be.
//
//	c := esdbtest.Open(t, esdbtest.Config{Nodes: 3})
//	c.Inject(func(call esdbtest.Call) esdbtest.Fault { … }) // what goes wrong, call by call
//	store, err := esdb.Open(ctx, esdb.Config{URL: c.URL()})
//
// A [Cluster] is one node or three over one log in memory. It has no state outside of itself, any number of them run side
// by side, and Close returns when everything that it started has ended. Nodes can be killed, started, elected, cut off
// from the others and made to lag behind.
//
// # What is copied
//
// What a client of version 25.0 can tell, in appends without batches, reads, catch-up subscriptions, deletions, gossip
// and server features. Of that, what is easily got wrong:
//
//   - The order of decisions about an append: deleted for ever; StreamExists, which metadata alone satisfies, and a
//     soft-deleted stream does not; repeated or not; revision. With a revision ids are compared with the log, however old
//     the events are; without, with a bounded number of the latest ids, which every election forgets. At the current
//     revision nothing is compared, and an id can be there twice. A repetition of what is not committed yet is never
//     answered; one of what is hidden by now has no position.
//   - Conflicts of appends and missing streams are messages; conflicts of deletions and deleted streams are errors with
//     trailers. What is too large or has no type is refused while it comes, so that the official client often hears of it
//     as EOF only, and so it is with credentials.
//   - A soft deletion replaces the metadata by $tb, the next append or metadata brings the stream back with a second
//     record, and its numbers go on. A stream that is not there cannot be deleted, but tombstoned.
//   - The commit and the prepare position of an event are the same byte offset in the log, with gaps in between. Any
//     other number is refused as a position, unless it lies beyond the end.
//   - Reads of streams are inclusive both ways. Reads of $all are inclusive forwards and exclusive backwards, where a
//     position is one after an event. Subscriptions are exclusive.
//   - $tb, $maxCount and $maxAge hide events from reads of their stream at the time of the read, and from $all only after
//     [Cluster.Scavenge]. Of metadata only the last record is seen. A stream of which all is hidden is empty, but there.
//   - $all begins with events of the server. Epochs take up room in the log and are not shown.
//   - A subscription is confirmed, delivers the history in pages of 32 events, says CaughtUp, and goes on from a buffer of
//     32 messages that loses the oldest ones; then it reads again, and says CaughtUp again. FellBehind is never sent.
//     It goes live at once, without any checkpoint, when it begins at the end.
//   - Only a filter brings checkpoints: after a page with which multiplier times window events have been considered, and
//     at the end of the history, at the last event that was sent or, if it is later, where that page began; live, at the
//     event that completes the number. A checkpoint never repeats or goes back. Where a page begins is written as the
//     offset of the next record with the prepare position 0, so a checkpoint may be the position of no event, and may
//     lie just before the next one.
//   - A follower passes writes on and serves reads from what it has. With requires-leader it answers both with where
//     the leader is. Without a leader every node is unavailable.
//   - Times are in 100 ns since 1970, ids in two halves, the more significant byte first.
//   - With TLS a call needs a user, and streams whose names begin with $, and $all, need the administrator.
//
// # What is not
//
//   - BatchAppend, users, projections, operations, monitoring, and the HTTP of the same port (health, shutdown) are not
//     there, links are not resolved, and control_option is ignored: first and last positions are never sent. Of
//     persistent subscriptions there is Create on a stream, which remembers the name.
//   - The nodes share one log. A follower lags only when it is told to, a write is replicated at once or by its fault, and
//     what a leader loses is what a fault kept from being committed. Elections take no time, and the lowest node wins that
//     can. A leader that is cut off goes on believing that it leads until it heals, and a follower that is cut off goes on
//     serving reads, which real ones do for seconds only. A partition ends only what is between nodes.
//   - The log has no chunks; a record takes 95 bytes and its texts, which is about what it takes really. Its size is
//     limited by the 16 MiB that a message may have. A position behind the end is refused when reading backwards.
//   - A live buffer is filled when the subscriber has taken what it was sent, not at the moment of each write; which
//     messages it has lost by then is the same. There is no second buffer between it and the connection.
//   - Access lists in metadata are not looked at, groups of users neither: the administrator is who is named admin.
//     Without TLS everybody is.
//   - Filters by pattern take the expressions of Go, not those of .NET.
//   - Calls wait in no queue, so that none is refused because it is too old, except by a fault. What is refused for its
//     form is refused with the same code, not always the same text.
//   - A scavenge removes everything at once, also in what a real one would leave for a later time.
//   - A soft deletion and the return of a stream are one with the write that causes them; a server can be killed between.
//
// The tests of the official client are run against it by the program in the directory officialtest (make esdb-official).
package esdbtest
