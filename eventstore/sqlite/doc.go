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
//     no position and no revision is missing, and says eventstore.ErrCorrupt otherwise. Triggers refuse to change or
//     delete events. A stream whose name was damaged in the index is reported in the same way, not taken for missing.
//   - Shared: several processes may open one file. A writer takes its turn after each batch of another one, so it gets
//     its append in within a second. Subscriptions see the commits of other processes within the poll interval.
//   - Full disk: nothing of the batch is stored, its callers get eventstore.ErrUnavailable, and appends work again when
//     there is space.
//   - Failed sync: callers get eventstore.ErrIndeterminate, and every later call gets [ErrFailed], until the file is
//     opened again. What the operating system did with the pages is not known, so nothing may build on them.
//
// # What is not noticed
//
// SQLite has no checksums for its indexes. A stream is read through an index of streams and revisions; when damage hides
// the entry of its last event there, ReadStream ends before that event, and an append may give its revision a second
// time. ReadAll and Subscribe do not use the index: they yield every event, and the second event of that revision. The
// same name damaged in the same way in table and index is a stream of another name, whose events ReadAll and ReadStream
// report. The sqlite3 shell compares indexes and tables with "PRAGMA integrity_check", in time that grows with the file.
//
// # Files
//
// Positions are 1, 2, 3, … without a gap. Beside <path> there are <path>-wal and <path>-shm, which belong to SQLite and to
// the data; <path>.turn, by which writers of several processes take turns; and <path>.<name>.lock for each named lock. The
// last two are empty of data and may be deleted when no program runs. The file must be on a local file system.
package sqlite
