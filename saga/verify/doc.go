// Package verify checks a log of sagas from the log alone: whether it is whole, and whether every saga in it kept the
// promises that Skald makes. [Log] reads the log once, forwards, and names each broken rule by its number, with the
// stream, the revision and the sentence that it breaks; [Rules] lists them all.
//
// It judges the events by a reading of its own: it shares the types of the events with package saga, and none of the
// code that decides them. Config.Replay adds the other judgement: that the code which decides would decide the same.
//
// # What is found
//
//   - In the stream of any kind: a revision that is missing, repeated or out of order; an event id that is used twice; a
//     chained event that was altered, moved, added or removed by someone who did not compute the chain anew.
//   - In the stream of a saga, also when the chain was computed anew: every event that cannot stand where it stands.
//     Attempts out of number, out of order, beyond their budget or before they are due; outcomes of attempts that were
//     not open; branches beyond the limit of their group, and joins that miss one; waits that nothing ended, and signals
//     that ended two; deadlines that passed in silence; compensations that are missing, superfluous or in the wrong order;
//     a wrong idempotency key; a saga that ends while something is left to do, goes on after its end, or goes on while it
//     waits for a person.
//   - In the middle of an append: that its rest is missing, because what follows from an outcome is stored with it.
//   - In the late streams and the restart indexes: news of sagas that had not ended, and open sagas left out.
//   - With a [Ledger] of the participants: effects that happened twice, without a request, or are left behind.
//
// # What is not found without a seal
//
// A log that someone has rewritten with care is a sound log. The end of a stream that was cut off between two appends, a
// whole stream that was removed, and a chain that was computed anew over another, possible history are found only
// against a [Seal] that was kept elsewhere: against it each of them is found, always, and a log that has only grown is
// accepted. What a rule cannot know is not found at all: whether the text of an error, the data of a saga or the result
// of a step is what it was, when no chain and no seal covers it; and whether a clock told the truth.
//
// # Costs
//
// One pass. Memory grows with the number of streams (about 200 bytes each), events (about 16 bytes each, for the
// uniqueness of their ids) and open sagas (about 350 bytes for each step); the state of a saga is dropped when it has
// ended. A ledger is held in memory whole, and a replay holds every open saga with its data and results.
package verify
