// Package storeurl opens the event store that a URL names, for programs whose users choose it: it knows every store, and
// so depends on all their drivers. A program that has chosen opens its store's package itself.
//
//	memory:                                          a log in the memory of this process
//	sqlite:data/events.db                            a file, by a relative path
//	sqlite:///var/lib/skald/events.db                a file, by an absolute path
//	postgres://user@host:5432/database?schema=skald  a schema of a PostgreSQL database
//	esdb://user:password@host:2113,host:2113?…       EventStoreDB, by its own connection string
//
// Parameters of the store itself stand in the query: read_only=true for SQLite and PostgreSQL, and for PostgreSQL schema
// and no_migration=true; every other parameter of a PostgreSQL URL goes to its driver. Characters that have a meaning in URLs
// are written as %23 and the like, in a path too. A parameter that is not known is an error, never ignored.
//
// What Parse and Open return never holds a password.
package storeurl
