package sagatest

import "time"

// hand is the clock of one orchestrator, which need not agree with that of the world: it may be ahead or behind, and run
// fast or slow.
type hand struct {
	at, since time.Time // it said at when the world's clock said since
	percent   int       // by which it runs fast; negative when it runs slow
}

// now returns what the clock says at an instant of the world.
func (h *hand) now(world time.Time) time.Time {
	passed := world.Sub(h.since)
	return h.at.Add(passed + passed/100*time.Duration(h.percent))
}

// until returns how long the world must wait for the clock to say at, or a little longer; 0 when it is past that.
func (h *hand) until(at, world time.Time) time.Duration {
	left := at.Sub(h.now(world))
	switch {
	case left <= 0:
		return 0
	case h.percent == 0:
		return left
	}
	return left/time.Duration(100+h.percent)*100 + time.Microsecond
}

// set lets the clock go on from another instant, or at another speed.
func (h *hand) set(at, world time.Time, percent int) {
	*h = hand{at: at, since: world, percent: percent}
}
