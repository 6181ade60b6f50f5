package sagatest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

// patience is how long a client waits for an answer before it asks again.
const patience = 5 * time.Second

// client wants one saga started, and asks until it is told that it was. What the log holds of the saga is folded here.
type client struct {
	ref      saga.Ref
	number   int     // from 1; see childNumber
	parent   *client // nil unless another saga has started it
	children int     // that it has started
	asked    *node   // the life that has asked for the last one
	done     bool
	heard    func(saga.Reply)
	end      *saga.Instance // as of the last event
	began    []string       // the steps, in the order in which their actions were started
	undone   []string       // the steps, in the order in which their compensations were started
	told     []string       // the steps of which an operator has told what came of them
	moves    []move         // its migrations
	poisoned bool           // an event of an unknown type is the last one
	fence    uint64         // the highest token in the stream

	rich      bool               // its plan has groups, waits or a deadline
	beside    []string           // the steps of which an attempt of the action is open
	last      string             // the type of the last event
	sendings  map[string]sending // by the step that waits
	reminders int                // signals that were sent because nothing else was left to happen
	parkedAt  int64              // the revision at which it was parked last
	reminded  int64              // and that for which the last reminder was
}

// start lets a client ask for a saga when a time has passed.
func (w *world) start(id string, after time.Duration, pick func(ask int) *node) *client {
	ref := saga.Ref{Name: w.name, ID: id}
	c := w.newClient(ref)
	c.heard = func(e saga.Reply) { w.started(c, e.Err) }
	token, asked := uint64(len(w.clients)), 0
	var ask func()
	ask = func() {
		if c.done {
			return
		}
		asked++
		if n := pick(asked); !n.dead {
			w.say("client", n.name, "start "+ref.String())
			n.handle(saga.StartRequested{Token: token, Ref: ref, Data: w.data, CorrelationID: ref.String()})
		}
		w.after(patience, ask)
	}
	w.after(after, ask)
	return c
}

// newClient makes a client. The first of a saga keeps what the log holds of it.
func (w *world) newClient(ref saga.Ref) *client {
	c := &client{ref: ref, number: len(w.clients) + 1, end: saga.NewInstance(ref)}
	w.clients = append(w.clients, c)
	if w.byRef[ref] == nil {
		w.byRef[ref] = c
	}
	return c
}

// replied takes the answer to a client.
func (w *world) replied(e saga.Reply) { w.clients[e.Token-1].heard(e) }

// started is what a client makes of an answer: it asks again when it was only told that now is not the time.
func (w *world) started(c *client, err error) {
	switch {
	case err == nil, errors.Is(err, saga.ErrSetAside) && c.poisoned:
		c.done = true
	case !errors.Is(err, eventstore.ErrUnavailable) && !errors.Is(err, saga.ErrStopping):
		w.blame(fmt.Errorf("start: %w", err))
	}
}

// witness takes note of an event of the saga that was stored.
func (c *client) witness(w *world, ev eventstore.EventData) {
	if ev.Type == typePoison {
		c.poisoned = true
		return
	}
	value, err := w.registry.Decode(ev.Type, 1, ev.Data)
	event, is := value.(saga.Event)
	switch {
	case err != nil || !is:
		w.blame(fmt.Errorf("%s holds a %s that cannot be read: %w", c.ref, ev.Type, err))
		return
	case c.poisoned:
		w.blame(fmt.Errorf("%s: %s was appended behind an event that this program does not know", c.ref, ev.Type))
	}
	w.words(c, event)
	c.end.Evolve(event)
	switch event.(type) {
	case saga.SagaStarted, saga.SagaMigrated:
		c.rich = c.rich || c.end.Plan() != nil && rich(c.end.Plan())
	}
	if c.rich {
		w.language(c, event)
	}
	if w.hasChildren() {
		w.kinship(c, event)
	}
	switch e := event.(type) {
	case saga.StepStarted:
		c.began = addNew(c.began, e.Step)
	case saga.StepResolved:
		if e.Direction == saga.Action {
			c.began = addNew(c.began, e.Step)
		}
	case saga.CompensationStarted:
		c.undone = addNew(c.undone, e.Step)
	case saga.SagaParked:
		c.parkedAt = c.end.Revision()
		w.parks++
		w.mark("parked: " + string(e.Reason))
	case saga.StepRedriven:
		w.redriven++
	}
}

// open reports whether the saga has begun and not ended.
func (c *client) open() bool { s := c.end.State(); return s != saga.StateNone && !s.Ended() }

// anyOpen reports whether there is a saga for which anything that goes wrong would matter.
func (w *world) anyOpen() bool {
	return slices.ContainsFunc(w.clients, func(c *client) bool { return c.open() && !c.poisoned })
}

// addNew appends a name that is not in the list.
func addNew(list []string, name string) []string {
	if slices.Contains(list, name) {
		return list
	}
	return append(list, name)
}
