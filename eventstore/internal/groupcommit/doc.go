// Package groupcommit is the way of appends to the one writer of a store, so that those which wait at the same time are
// committed, and synced, together.
package groupcommit
