//go:build unix && !race

package replicas_test

import "time"

// quickLease is for the small form of a campaign.
const quickLease = 400 * time.Millisecond
