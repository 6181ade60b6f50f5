package eventstore

import (
	"context"
	"time"
)

// Leaser is an optional ability of a Store that several processes share: it divides the shards of a group among the
// owners that keep renewing, so that work is spread and taken over without any other service. A lease spreads work and
// no more: an owner that was frozen finds out late that it has lost its shards, so what keeps a log right is the
// expected revision of each append, and the token in its metadata.
type Leaser interface {
	// Lease renews everything that an owner holds, and settles in one atomic step who holds what. One call renews all of
	// the owner's shards together; an owner calls it a few times within TTL.
	//
	// The instant is the store's, never the caller's, so clocks of owners need not agree. An owner that has not renewed
	// for its TTL loses its shards at the next call of any other owner, and not before. To be certain of not acting beyond
	// that, an owner takes its shards as lost once TTL has passed since it *sent* the last call that succeeded.
	//
	// Free shards are granted up to a fair share: the number of shards divided by that of owners, and what is left over one
	// by one, so that holdings come to differ by one at most. Nothing is taken away from an owner that renews: it is asked to
	// return what it has beyond its share, see LeaseGrant.Return.
	//
	// Errors: ErrInvalid for a request that names something impossible, or another number of shards than the group has;
	// ErrDenied, ErrUnavailable, ErrIndeterminate and ErrClosed as with Append. Repeating a call is always harmless.
	Lease(ctx context.Context, request LeaseRequest) (LeaseGrant, error)
}

// LeaseRequest is what an owner asks of a Leaser.
type LeaseRequest struct {
	Group string // of letters, digits, ".", "_" and "-", at most 100 bytes; groups know nothing of each other
	// Owner names one life of one process: two owners of one name would take themselves for each other. At most 200
	// bytes, in UTF-8.
	Owner string
	// Shards is how many the group has, from 1 to MaxShards, the same for all owners.
	Shards int
	// TTL is how long the leases last without another call, at least MinLeaseTTL.
	TTL time.Duration
	// Returned are shards that the owner has finished with. Those that it does not hold under that token are passed over, so
	// that a call which reaches the store late returns nothing that was granted after it.
	Returned []ShardLease
	// Above asks for tokens greater than this one. Shards held with a smaller token, or this one, are granted anew. Needed
	// when the log holds tokens that this store never granted, as after a copy of the log to another store. At most
	// math.MaxInt64.
	Above uint64
	// Leave returns everything, and ends the owner's membership.
	Leave bool
}

// LeaseGrant says what an owner holds now.
type LeaseGrant struct {
	// Shards are all that the owner holds, in order of their numbers.
	Shards []ShardLease
	// Return are those of them that others should have. They stay the owner's until they are in LeaseRequest.Returned.
	Return []ShardLease
	// Owners is how many share the group, this one included.
	Owners int
}

// ShardLease is one shard in the hand of an owner.
type ShardLease struct {
	Shard int `json:"shard"` // from 0
	// Token is greater than every token that was granted in the group before. No two owners ever hold the same one, and an
	// owner that loses a shard and gets it again holds it under another one.
	Token uint64 `json:"token"`
}

// Limits of a LeaseRequest.
const (
	MaxShards   = 1024
	MinLeaseTTL = 10 * time.Millisecond
)
