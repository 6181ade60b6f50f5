// Package memory is the reference store: an [eventstore.Store] in the memory of one process, for tests and for reading
// as the shortest statement of what the contract means.
//
// It keeps every promise of the contract but durability beyond the process: when the last reference to a Store is gone,
// so is its log. It has the optional abilities [eventstore.Identified], [eventstore.Counted], [eventstore.Locker] and
// [eventstore.Leaser]; its locks and leases hold among the callers of one Store.
//
// Positions are (1,0), (2,0), (3,0), … without a gap. Event slices are copied on the way in and on the way out. Nothing
// that was appended is ever removed, so a Store grows with its log. No goroutine is started, and nothing is locked
// while the body of a loop over an iterator runs, so the body may call any method of the same Store.
//
// It works inside a testing/synctest bubble: a subscription that waits for the next event is durably blocked.
package memory
