// Command officialtest runs the tests of the official client for EventStoreDB, as they are in the module that go.mod names,
// against the server of package esdbtest: those of streams, deletion, subscriptions, connections, credentials, a cluster
// whose follower is asked to lead, and connection strings.
//
// The module is copied to a temporary directory, where its tests are run by the go command; what they need besides comes
// from the module proxy. They dial localhost:2111 to 2113 and nothing else, so that only one such run fits on a machine.
// The program prints which tests passed, were skipped and failed, and fails when one failed or when one that is known to
// pass was not run.
package main
