package sagatest

import (
	"fmt"
	"time"

	"github.com/skaldgo/skald/saga"
)

// patience is how long a client waits for an answer before it asks again.
const patience = 5 * time.Second

// client wants one saga started, and asks until it is told that it was.
type client struct {
	ref  saga.Ref
	done bool
}

// start lets a client ask for a saga when a time has passed.
func (w *world) start(id string, after time.Duration, pick func() int) saga.Ref {
	c := &client{ref: saga.Ref{Name: w.name, ID: id}}
	w.clients = append(w.clients, c)
	token := uint64(len(w.clients))
	var ask func()
	ask = func() {
		if c.done {
			return
		}
		if n := w.nodes[pick()]; !n.dead && !n.stopping {
			w.say("client", n.String(), "start "+c.ref.String())
			n.handle(saga.StartRequested{Token: token, Ref: c.ref, Data: w.data, CorrelationID: c.ref.String()})
		}
		w.after(patience, ask)
	}
	w.after(after, ask)
	return c.ref
}

// replied takes the answer to a client.
func (w *world) replied(e saga.Reply) {
	c := w.clients[e.Token-1]
	if e.Err != nil {
		w.blame(fmt.Errorf("start: %w", e.Err))
	}
	c.done = true
}
