package saga_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/saga"
)

func TestRetryDelaysGrowUpToTheirMaximum(t *testing.T) {
	policy := saga.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: time.Minute}
	for failed, want := range []time.Duration{
		time.Second, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 32 * time.Second,
		time.Minute, time.Minute,
	} {
		require.Equal(t, want, policy.Interval(failed), "after %d failed attempts", failed)
		require.Equal(t, want, policy.Delay(failed, 0))
	}
	require.Equal(t, 750*time.Millisecond, policy.Delay(1, 1))
	require.Equal(t, 875*time.Millisecond, policy.Delay(1, 0.5))
	require.Equal(t, time.Minute, policy.Interval(math.MaxInt))
}

func TestRetryArithmeticNeverLeavesItsBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		initial := rapid.Int64Range(0, math.MaxInt64).Draw(t, "initial")
		policy := saga.RetryPolicy{
			InitialInterval:    time.Duration(initial),
			BackoffCoefficient: rapid.Float64Range(1, 1000).Draw(t, "coefficient"),
			MaximumInterval:    time.Duration(rapid.Int64Range(initial, math.MaxInt64).Draw(t, "maximum")),
		}
		failed := rapid.IntRange(1, math.MaxInt-1).Draw(t, "failed")
		checkRetry(t, policy, failed, rapid.Float64Range(0, 1).Draw(t, "jitter"))
	})
}

// checkRetry demands of a policy that validation lets pass: bounds, and growth from one retry to the next.
func checkRetry(t require.TestingT, policy saga.RetryPolicy, failed int, jitter float64) {
	interval, delay := policy.Interval(failed), policy.Delay(failed, jitter)
	require.GreaterOrEqual(t, interval, min(policy.InitialInterval, policy.MaximumInterval)-rounding(policy.InitialInterval))
	require.LessOrEqual(t, interval, policy.MaximumInterval)
	require.LessOrEqual(t, interval, policy.Interval(failed+1), "delays never shrink")
	require.LessOrEqual(t, delay, interval)
	require.GreaterOrEqual(t, delay, interval/4*3-rounding(interval))
	require.GreaterOrEqual(t, delay, time.Duration(0))
	require.GreaterOrEqual(t, delay, policy.Delay(failed, 1))
}

// rounding is what a length of time may lose as a floating-point number, and by whole division.
func rounding(d time.Duration) time.Duration { return d>>50 + 4 }

// FuzzRetryArithmetic: whatever the policy, no delay is longer than its maximum; and of a policy that validation lets pass
// none is negative or below its bounds, none shrinks from one retry to the next, and jitter takes no more than a quarter.
func FuzzRetryArithmetic(f *testing.F) {
	f.Add(int64(0), 0.0, int64(0), 0, 0.0)
	f.Add(int64(time.Second), 2.0, int64(time.Minute), 7, 0.3)
	f.Add(int64(math.MaxInt64), 1e300, int64(math.MaxInt64), math.MaxInt, math.Inf(1))
	f.Add(int64(math.MinInt64), math.NaN(), int64(-1), math.MinInt, math.NaN())
	f.Fuzz(func(t *testing.T, initial int64, coefficient float64, maximum int64, failed int, jitter float64) {
		policy := saga.RetryPolicy{
			InitialInterval: time.Duration(initial), BackoffCoefficient: coefficient, MaximumInterval: time.Duration(maximum),
		}
		interval, delay := policy.Interval(failed), policy.Delay(failed, jitter)
		require.LessOrEqual(t, interval, policy.MaximumInterval, "whatever the policy")
		valid := initial >= 0 && maximum >= initial && coefficient >= 1 && coefficient <= 1000
		if !valid {
			return
		}
		require.LessOrEqual(t, delay, interval)
		require.GreaterOrEqual(t, delay, time.Duration(0))
		checkRetry(t, policy, min(max(failed, 1), math.MaxInt-1), min(max(jitter, 0), 1))
	})
}
