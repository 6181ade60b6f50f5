// Package pgtest gives tests a real PostgreSQL server.
//
// SKALD_TEST_POSTGRES names one that runs already, by a URL whose role may create schemas. Without it the test binary
// makes a cluster of its own in a temporary directory, from the server programs that are installed, starts it at the
// first use, and stops and removes it at its end. As root it does so as the user that owns those programs' system
// account, or nobody, since the server refuses to run as root. Where neither is to be had the tests fail, and say what to
// install: they are never skipped.
package pgtest
