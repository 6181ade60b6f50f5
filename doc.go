// Package skald holds no code: it is the front door of an event-sourced saga framework.
//
// A saga is a long business transaction over services that share no database transaction: steps, each with a
// compensation that undoes it. In Skald each saga is an aggregate. Nothing but its event stream is stored, its state is
// the fold of that stream, and everything that a person sees is a projection of the same log.
//
// Read on at:
//
//   - [github.com/skaldgo/skald/saga], to define sagas and to run them;
//   - [github.com/skaldgo/skald/aggregate], for event-sourced aggregates of your own;
//   - [github.com/skaldgo/skald/projection], to turn the log into read models;
//   - [github.com/skaldgo/skald/eventstore], the contract of the log, with the stores below it.
//
// What is guaranteed, and by which test, is in docs/guarantees.md; what the words mean is in docs/glossary.md.
package skald
