// Package modelcheck walks through every state that a saga of up to three steps can come to, over the real decisions of
// package saga: Instance.Decide and Instance.Evolve, and no model of them.
//
// # The world
//
// A state is the log of one saga, with the clock; two orchestrators, each down or up with what it has in hand, which may
// no longer be the end of the log; the requests and answers under way between them and the participants; and what the
// participants have done. What can happen in a state is everything of this, in any order:
//
//   - An orchestrator starts the saga, proceeds, records an answer or a timeout, takes over an attempt after a restart,
//     with a worker slot or without, and, in an impatient shape, parks the saga for an attempt that does not return or for
//     a missing function. An append is taken only at the end of the log: the loser reads the log and decides anew.
//   - Each orchestrator crashes at most once, at any moment, and is started again at any later one. A request that was on
//     its way when its orchestrator crashed may be acted on or not, like any other.
//   - A participant acts on a request, at any time, long after its deadline and after the end of the saga too. It does
//     what it was asked for or refuses, fails before the effect or after it, and its answer is lost, comes once, or comes
//     twice. It guards by the idempotency key.
//   - Time passes, from one instant at which something is due to the next.
//   - An operator redrives a parked saga, cancels a saga, pauses and resumes it, resolves what it is parked at, skips steps,
//     extends its deadline and changes retry policies, and somebody sends signals, as often as the shape allows, each at any time.
//     Where the shape has a next version, an operator migrates the saga to it once, wherever that can be. They decide at the end
//     of the log, as those do who decide anew after a conflict. Who resolves a step has seen to it first that what they say of
//     its effect is true.
//
// The steps may be branches of a parallel group, wait for a signal, have a probe, or start a child; the saga may have a
// deadline. A next version has steps more or less, others in their place, and other limits; steps that both have stand in the
// same order. The orchestrators know both versions, or one of them lets go of what it does not know: it records what comes of
// attempts, and begins nothing. Other versions are not in this world, nor is a second child of a step that was redriven. A
// child is a saga of its own, with its own log, orchestrators, participants and clock; family.go says where the two meet, and
// why that is all that can be.
//
// Orchestrators take answers that any of them has asked for, and do not wait for attempts that were given up, so that more
// is under way at once than one process allows. A graceful stop is no move of its own: it appends what a take-over after a
// crash appends. Interruptions beyond those of two crashes, and so parking for the fifth, do not occur.
//
// # The rules
//
// Every append is judged by a reading of the log that is part of this package (rules.go), and every effect by the books of the
// participants. On each log Decide must never panic, change nothing, refuse nothing that the world can ask, and ignore answers
// that are no news; a saga is migrated exactly where what it has come to is something that the next version leads to, which the
// rules read from the events alone (migrate.go), and from then on it is judged by that version; and a saga that is open must
// wait for something. When everything was seen, every state must have a way to an end, to a person, or to a wait without limit
// for a signal that nobody sends any more, which needs no fault, no cancellation and no pause; and package verify checks whole
// logs in which every append occurs at least once, by all its rules. The numbers of the rules are those of package verify; F4
// says that an attempt runs once, after it was recorded, G11 also that a success which is told is recorded while the saga is
// open, and G19 that there is always a way out.
//
// # What is merged
//
// States that are equal for the future are one. Two logs are equal if every field of their Instances is, unexported ones
// included (canonical.go says what is left out and why), and if the rules remember the same of both; instants count by
// their distance from now. An answer that every log ignores is dropped as soon as its attempt has its outcome, and so is
// a request that can no more change anything: that each log does ignore it is asked of each log. What an orchestrator has
// in hand is forgotten when the log moves on, because all that comes of deciding on it is a refusal; shapes with
// Snapshots keep it. States are kept whole, not as hashes, so no two can be taken for one by chance.
//
// That none of this hides anything is tested: a model that merges nothing has, state by state, the same steps.
package modelcheck
