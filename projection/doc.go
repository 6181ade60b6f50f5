// Package projection turns the log into read models: tables that people and dashboards query.
//
// There are only a few types. A [Projection] says which tables it keeps and how events change them; a [Projector] runs
// it: [Projector.Run] follows the log, [Projector.CatchUp] goes to its head and returns, [Projector.Rebuild] makes the
// read model again from the first event, [Projector.Redrive] takes a stream out of quarantine, [Projector.Status] says
// how far it is.
//
// # Guarantees
//
//   - Exactly once: the rows that an event changes and the checkpoint that names its position are written in one SQL
//     transaction. After a crash at any point each event's effect is there once. An event that the log delivers again is
//     dropped.
//   - In order: events are applied in the order of the log, and nothing between two checkpoints is left out.
//   - Never skipped in silence: an event that cannot be applied stops the projection with a [PoisonError], or, under
//     [QuarantineStream], sets its one stream aside in a table that [Projector.Status] counts.
//   - One writer: each flush is fenced by a token on the checkpoint row, so that a projector whose read model was taken over
//     has written nothing since.
//   - Others stand by: of any number of projectors on one read model one is live. The others wait, and one of them takes
//     over within a second when it ends in good order, and within 3 s of its last sign of life when it dies, is stopped or
//     loses the database. One that is told to ([Config].TakeOver) takes over at once. A rebuild is no take-over: the
//     projector that is live goes on, on the new tables.
//   - Rebuilt beside, swapped at once: a rebuild fills a second set of tables and renames them in one transaction that
//     also moves the checkpoint. A reader sees old or new; one that sends several statements uses one transaction for
//     them. A rebuild that fails or dies leaves the old tables as they were.
//   - Its own log only: a checkpoint names its log, and is refused with [ErrRebuildNeeded] when the log is another one or
//     ends before the checkpoint.
//
// Not promised: that the read model is durable to the last event. It needs not be, because the checkpoint falls back
// with the rows. A projection writes to its tables only: it sends nothing and appends nothing, so that a rebuild has no
// effect elsewhere.
//
// # Tables
//
// Beside the tables of the projections a read model database holds projection_checkpoint (one row for each projection,
// in slot 'live', and one in slot 'rebuild' while a rebuild runs), projection_runner (one row for each projector that runs or
// stands by, with a lease on being alive, by the clock of the database) and projection_quarantine. Instants in them are Unix
// milliseconds, 0 for never. caught_up_at is special: every event that had been recorded by then has been applied. It
// moves on at least every second while the projector is live, also when nothing happens.
//
// The SQL of this package is kept to what SQLite and PostgreSQL both take. Package sqlitedb opens a database file with
// the settings that it wants.
package projection
