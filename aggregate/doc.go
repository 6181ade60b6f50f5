// Package aggregate turns commands into events, and streams of events back into state.
//
// An [Aggregate] is a user's own type with two pure methods: Decide says which events a command causes, Evolve takes one
// event into the state. A [Repository] does the rest: it loads an aggregate by folding its stream, lets it decide, and
// appends what it decided. Package aggregatetest tests aggregates as sentences, without a store.
//
// # Guarantees
//
//   - The events of one decision are stored together or not at all, and only if the stream has not moved since it was
//     loaded: every append is under NoStream or Exactly.
//   - When the stream has moved, the aggregate is loaded again and decides again, with fresh event ids.
//   - When the outcome of an append is unknown, the identical append, same ids and bytes, is repeated until the outcome
//     is known. Execute never stores a decision twice.
//   - Every event carries a hash over itself and the hash before it, checked by every load; see [VerifyLink] for what
//     is hashed. The chain finds changes by someone who does not recompute it. It does not find a cut tail, a removed
//     stream or a recomputed chain: for those, keep a [Head] elsewhere and compare.
//   - With snapshots (Config.Snapshots), a long stream is folded from its newest one on: it makes a load shorter and no other
//     difference. A snapshot is a cache and never the truth: one that is lost, damaged, of another version or of another
//     history is passed over, and no append waits for one. The chain is then checked from the snapshot's event on.
//
// A Repository may be used by any number of goroutines. It keeps no aggregate between calls.
package aggregate
