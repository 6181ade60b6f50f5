package saga

import (
	"math"
	"time"
)

// RetryPolicy says how often and after which delays an attempt is repeated. A zero field takes its default. The fields
// have the names that Temporal gave them.
type RetryPolicy struct {
	// InitialInterval is the delay before the second attempt. Default 1 s.
	InitialInterval time.Duration
	// BackoffCoefficient multiplies the delay from one retry to the next. Default 2; at least 1.
	BackoffCoefficient float64
	// MaximumInterval is the longest delay. Default 1 min, or InitialInterval when that is longer.
	MaximumInterval time.Duration
	// MaximumAttempts counts all attempts, the first included; interruptions by a stop or crash do not use it up.
	// Default 3 for compensable, pivot and read-only steps, 10 for retriable steps and compensations. There is no
	// "for ever": what automation cannot do waits, visibly, for a person.
	MaximumAttempts int
}

// jitterSpread is the part of a delay that jitter may take off, so that sagas which failed together do not all come
// back together. A delay is never longer than the policy says.
const jitterSpread = 0.25

const (
	defaultInitialInterval    = time.Second
	defaultBackoffCoefficient = 2
	defaultMaximumInterval    = time.Minute
	defaultAttempts           = 3
	defaultPersistentAttempts = 10
)

func (p RetryPolicy) withDefaults(attempts int) RetryPolicy {
	if p.InitialInterval == 0 {
		p.InitialInterval = defaultInitialInterval
	}
	if p.BackoffCoefficient == 0 {
		p.BackoffCoefficient = defaultBackoffCoefficient
	}
	if p.MaximumInterval == 0 {
		p.MaximumInterval = max(defaultMaximumInterval, p.InitialInterval)
	}
	if p.MaximumAttempts == 0 {
		p.MaximumAttempts = attempts
	}
	return p
}

// Interval returns the longest delay after the given number of failed attempts (1 or more), jitter aside. It never
// overflows, whatever the policy and the number.
func (p RetryPolicy) Interval(failed int) time.Duration {
	grown := float64(p.InitialInterval) * math.Pow(p.BackoffCoefficient, float64(max(failed, 1)-1))
	if grown >= float64(p.MaximumInterval) || math.IsNaN(grown) {
		return p.MaximumInterval
	}
	return time.Duration(grown)
}

// Delay returns the delay after the given number of failed attempts. jitter is drawn by the caller from [0,1) and takes
// up to a quarter off; the due instant that follows is recorded in the event, so that no restart draws again.
func (p RetryPolicy) Delay(failed int, jitter float64) time.Duration {
	interval := p.Interval(failed)
	if !(jitter > 0) {
		return interval
	}
	return interval - time.Duration(float64(interval)*jitterSpread*math.Min(jitter, 1))
}
