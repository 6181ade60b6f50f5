// Package eventstoretest tells whether an event store keeps the contract of package eventstore, and whether a log is
// sound.
//
// [Run] is the conformance suite: whoever writes a store runs it from a test of that store.
//
//	func TestConformance(t *testing.T) {
//		eventstoretest.Run(t, func(t *testing.T) eventstore.Store { return mystore.New(t.TempDir()) })
//	}
//
// [Check] reads a whole log and reports every way in which it breaks the promises of the contract; it is meant for the
// end of any test that has written to a store. [Event], [Events] and [Collect] make such tests short.
//
// The package needs the standard library only, starts no goroutine that outlives a case, and never sleeps: a store that
// hangs is found by a deadline of two minutes on each case.
package eventstoretest
