package sagatest

import (
	"fmt"

	"github.com/skaldgo/skald/eventstore"
)

// fenced makes sure of the token of an event that was stored: it is not behind one of the same stream, and whoever has
// appended the event is the one to whom it was granted.
func (c *client) fenced(w *world, ev eventstore.EventData) {
	meta, err := eventstore.ParseMetadata(ev.Metadata)
	if err != nil {
		w.blame(fmt.Errorf("%s holds a %s whose metadata cannot be read: %w", c.ref, ev.Type, err))
		return
	}
	if meta.Fence == 0 {
		return
	}
	if w.lessor == nil {
		w.blame(fmt.Errorf("%s holds a %s with the token %d, and nobody has leases", c.ref, ev.Type, meta.Fence))
		return
	}
	if meta.Fence < c.fence {
		w.blame(fmt.Errorf("%s: a %s has the token %d, behind one of %d", c.ref, ev.Type, meta.Fence, c.fence))
	}
	c.fence = max(c.fence, meta.Fence)
	user := ""
	if t := w.current; t != nil && t.n != nil && t.n.tenure != nil {
		user = t.n.tenure.owner
	}
	if owner := w.lessor.owners[meta.Fence]; owner == "" || owner != user {
		w.blame(fmt.Errorf("%s: a %s was appended by %q with the token %d of %q", c.ref, ev.Type, user, meta.Fence, owner))
	}
}
