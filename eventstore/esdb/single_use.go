package esdb

import (
	"fmt"
	"iter"
	"sync/atomic"

	"github.com/skaldgo/skald/eventstore"
)

// singleUse makes a second loop over an iterator an error instead of a silent second read.
func singleUse[T any](seq iter.Seq2[T, error]) iter.Seq2[T, error] {
	var used atomic.Bool
	return func(yield func(T, error) bool) {
		if used.Swap(true) {
			var zero T
			yield(zero, fmt.Errorf("the iterator was already used: %w", eventstore.ErrInvalid))
			return
		}
		seq(yield)
	}
}
