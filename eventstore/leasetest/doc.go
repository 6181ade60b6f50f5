// Package leasetest divides shards by the rules of the stores, at instants that its caller gives: for simulations, which
// have a clock of their own.
package leasetest
