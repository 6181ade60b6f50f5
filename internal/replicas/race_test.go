//go:build unix && race

package replicas_test

import "time"

// quickLease is for the small form of a campaign: the race detector makes processes several times slower.
const quickLease = 1200 * time.Millisecond
