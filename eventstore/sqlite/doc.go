// Package sqlite keeps the log in one SQLite file. It is the embedded default: pure Go, no cgo, and the file can be
// looked into with the sqlite3 shell while a program runs.
//
// # Guarantees
//
// Beyond the contract of package eventstore:
//
//   - Durable: the file is in WAL mode with synchronous=FULL on every connection, verified when it is opened. An append
//     is acknowledged, and shown to readers, only after its commit was synced.
//   - Group commit: one goroutine takes all waiting appends, up to 4,096 or 16 MiB, into one transaction, and waits for
//     no company. A conflict is found before anything is inserted, so only the loser fails.
//   - Checked: every event carries a CRC-32C over all that identifies it and makes it; every read verifies it, and that
//     no position and no revision is missing, and says eventstore.ErrCorrupt otherwise. That a stream ends, or does not
//     exist, is proved by what stands beside its place in the index. Triggers refuse to change or delete events.
//   - Counted: opening compares the number of entries in each index with the highest number that was given, and the end of
//     the log with a mark beside it, before anything may change the file. A page of an older copy, a WAL that is missing,
//     damaged or an older one, and a log that was cut short are refused, and left as they are. This takes some tens of
//     milliseconds for a million events; from a disk that has yet to read the indexes, longer.
//   - Shared: several processes may open one file. A writer takes its turn after each batch of another one, so it gets
//     its append in within a second. Subscriptions see the commits of other processes within the poll interval.
//   - Full disk: nothing of the batch is stored, its callers get eventstore.ErrUnavailable, and appends work again when
//     there is space.
//   - Failed sync: callers get eventstore.ErrIndeterminate, and every later call gets [ErrFailed], until the file is
//     opened again. What the operating system did with the pages is not known, so nothing may build on them.
//
// # What is not noticed
//
// Whoever drops the triggers can give an event to another stream, or a stream another name, in table and index alike. The
// stream then seems to end early, or not to exist; ReadAll, Subscribe and projector audit verify report the event, whose
// checksum does not fit.
//
// Whoever computes the checksums and hashes anew as well, and whoever puts back an older copy of all files together,
// leaves a sound log. Only what was kept elsewhere shows that it is another one: the checkpoint of a follower that is
// beyond its end, and a seal (projector audit seal). The same holds for a copy of <path> alone, without its WAL and mark.
//
// # Files
//
// Positions are 1, 2, 3, … without a gap. Beside <path> there are <path>-wal and <path>-shm, which belong to SQLite and to
// the data; <path>.head, the mark of how far the log was; <path>.turn, by which writers of several processes take turns;
// <path>.<name>.lock for each named lock; and, where orchestrators share the log, <path>.leases, with a journal of its
// own, which says who works on which share. The last three may be deleted when no program runs: leases are granted anew,
// with tokens above those in the log. The mark is to be deleted when an older copy is put back on purpose. The file must be
// on a local file system.
package sqlite
