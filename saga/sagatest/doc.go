// Package sagatest proves that a saga survives every failure. It is for tests of programs that define sagas.
//
// [Explore] runs a saga again and again, each time with another failure at another point: every action and every
// compensation refuses, breaks, panics, times out, is done and reported as timed out, answers late; the orchestrator
// crashes before and after every append; and then every two of those in one run. [Simulate] lets chance do the same to
// several sagas, several orchestrators and the store at once, from a seed. Both print what went wrong as a sequence chart
// and as Go code that [Replay], or Simulate, repeats to the letter.
//
// After each run the log keeps every rule of package verify, the compensations ran in exact reverse order, every saga has
// ended, the books of the participants balance (see [Ledger]), and the user's own invariant holds.
//
// What happened in production can be tested as well: [FromHistory] reads the history of one saga as projector sagas export
// has written it, [CheckHistory] asks whether the definition of today would take the same course, and [RerunHistory] takes
// it again. [Given] begins a sentence about a single decision. A [Recorder] stands for participants by a script, also
// behind a real orchestrator: see [RunOrchestrator].
//
// # Guarantees
//
//   - What runs is what is shipped: [saga.Engine], [saga.Instance] and [aggregate.Repository], from a heap of events in
//     place of goroutines.
//   - It is deterministic: one goroutine at a time, a clock that only the heap moves, no map order. The same schedule, or
//     the same seed, gives the same log, byte for byte, if the participants are deterministic as well.
//   - No time passes: an attempt that times out after an hour takes microseconds.
//   - A run that exercised nothing is void, and void is failed: a simulation without a single fault, a replay of a
//     failure that no longer happens.
//
// # Participants
//
// The functions of the definition stand for the participants. They run on the calling goroutine and must return without
// waiting: their context carries the deadline of the attempt but does not end. Timeouts are the harness's business. Each
// run takes a fresh [Case] from the factory, so that nothing is left over from the one before.
package sagatest
