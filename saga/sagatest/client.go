package sagatest

import (
	"errors"
	"fmt"
	"time"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

// patience is how long a client waits for an answer before it asks again.
const patience = 5 * time.Second

// client wants one saga started, and asks until it is told that it was.
type client struct {
	ref   saga.Ref
	done  bool
	heard func(saga.Reply)
}

// start lets a client ask for a saga when a time has passed.
func (w *world) start(id string, after time.Duration, pick func() int) saga.Ref {
	c := &client{ref: saga.Ref{Name: w.name, ID: id}}
	c.heard = func(e saga.Reply) { w.started(c, e.Err) }
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
func (w *world) replied(e saga.Reply) { w.clients[e.Token-1].heard(e) }

// started is what a client makes of an answer: it asks again when it was only told that now is not the time.
func (w *world) started(c *client, err error) {
	switch {
	case err == nil:
		c.done = true
	case !errors.Is(err, eventstore.ErrUnavailable) && !errors.Is(err, saga.ErrStopping):
		w.blame(fmt.Errorf("start: %w", err))
	}
}
