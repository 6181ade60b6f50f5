package once

import (
	"fmt"
	"iter"
	"sync/atomic"

	"github.com/skaldgo/skald/eventstore"
)

// Seq makes a second loop over an iterator yield one error, which matches eventstore.ErrInvalid, instead of reading in
// silence a second time. Loops may begin at once on several goroutines: one of them gets the iterator.
func Seq[T any](seq iter.Seq2[T, error]) iter.Seq2[T, error] {
	var used atomic.Bool
	return func(yield func(T, error) bool) {
		if used.Swap(true) {
			var zero T
			yield(zero, fmt.Errorf("the iterator was already used, and is good for one loop: %w", eventstore.ErrInvalid))
			return
		}
		seq(yield)
	}
}
