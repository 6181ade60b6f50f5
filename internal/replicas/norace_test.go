//go:build unix && !race

package replicas_test

import "time"

// leaseTime is how long the leases of the processes last.
const leaseTime = time.Second
