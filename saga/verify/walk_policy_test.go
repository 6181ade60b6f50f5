package verify_test

import (
	"errors"
	"time"

	"github.com/skaldgo/skald/saga"
)

// changePolicy lets an operator change the retry policy of some step, and reports whether that can be.
func (w *walker) changePolicy(seen int64) bool {
	steps := w.inst.Plan().Steps
	c := saga.ChangeRetryPolicy{
		Step: steps[w.pick("of step", len(steps))].Name, Direction: saga.Direction(w.pick("of direction", 2)),
		Retry: saga.RetryPolicy{
			InitialInterval: time.Duration(w.pick("initial", 4)) * time.Second, MaximumAttempts: w.pick("attempts", 7),
		},
		Actor: "ann", Reason: "the bank is slow", SeenRevision: seen,
	}
	if _, err := w.inst.Decide(c); errors.Is(err, saga.ErrInvalidPolicy) || errors.Is(err, saga.ErrNotRetried) {
		return false
	}
	w.decide(c)
	return true
}
