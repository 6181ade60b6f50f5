// Package eventstore is the contract of the log that Skald stands on.
//
// There are only a few types. An [EventData] is what a program appends; a [RecordedEvent] is what it reads back; a
// [Store] keeps them in streams and in one order over all streams. [ExpectedRevision] is the precondition of an append,
// [Position] a place in the log, [Filter] a choice of streams or event types.
//
// # Guarantees
//
// Every Store, checked by package eventstoretest, keeps these promises:
//
//   - An append is atomic: its events appear together, next to each other, in the order given, or not at all.
//   - An acknowledged append is durable: it survives the death of the process and, for stores on disk, of the machine.
//   - The revisions of a stream are 0, 1, 2, … without a gap.
//   - The log has one order that never changes: no reader ever passes a position at which an event appears later.
//   - Repeating an append, with the same event ids under the same [NoStream] or [Exactly], is harmless and returns
//     the first outcome. This is how a caller resolves [ErrIndeterminate].
//   - An event once read reads the same for ever. A store that notices damage says [ErrCorrupt] and never guesses.
//
// Not promised: the time of recording is the store's own clock and no rule of Skald uses it; a subscription delivers
// at least once, so a consumer keeps its own checkpoint.
//
// # Names
//
// A stream is named <category>-<id>. The category holds no "-" and no leading "$", the rule by which EventStoreDB
// groups streams; the id may hold any printable text. Event types are free of "$" at the front for the same reason.
package eventstore
