//go:build unix && race

package replicas_test

import "time"

// leaseTime is how long the leases of the processes last: the race detector makes processes several times slower.
const leaseTime = 1200 * time.Millisecond
