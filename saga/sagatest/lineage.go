package sagatest

import (
	"strconv"

	"github.com/skaldgo/skald/saga"
)

// child returns the client that stands for a child: nobody waits for it but its parent.
func (w *world) child(e saga.AttendChild) *client {
	if c := w.byRef[e.Child]; c != nil {
		return c
	}
	c := w.newClient(e.Child)
	c.done = true
	if parent := w.byRef[e.Parent]; parent != nil {
		parent.children++
		c.parent, c.number = parent, childNumber(parent.number, parent.children)
	}
	return c
}

// A saga that another one has started is numbered after it, so that what chance has in store for it does not depend on
// others: 1.2 is the second that saga 1 has started.
const (
	mostSagas    = 1_000_000
	mostChildren = 100 // of one saga
)

func childNumber(parent, nth int) int {
	at := mostSagas
	for parent >= at {
		at *= mostChildren
	}
	return parent + at*nth
}

// numeral tells the number of a saga.
func numeral(number int) string {
	name := strconv.AppendInt(nil, int64(number%mostSagas), 10)
	for number /= mostSagas; number > 0; number /= mostChildren {
		name = strconv.AppendInt(append(name, '.'), int64(number%mostChildren), 10)
	}
	return string(name)
}

// numbered returns the client of a number.
func (w *world) numbered(number int) *client {
	for _, c := range w.clients {
		if c.number == number {
			return c
		}
	}
	return nil
}

// correlation is the id that all events of the saga carry: that of the saga which nobody has started.
func (c *client) correlation() string {
	for c.parent != nil {
		c = c.parent
	}
	return c.ref.String()
}

// within returns the id of a child, "" for a saga that no other has started.
func (c *client) within() string {
	if c.parent == nil {
		return ""
	}
	return c.ref.ID
}

// called names the saga in a report.
func (c *client) called() string {
	if c.parent == nil {
		return "the saga"
	}
	return "its child " + c.ref.String()
}

// unborn reports whether the saga is a child of which there is nothing in the log.
func (c *client) unborn() bool { return c.parent != nil && c.end.State() == saga.StateNone }

// held reports whether the saga waits for one with which nobody can go on, and so must wait for ever.
func (w *world) held(c *client) bool {
	for _, ref := range c.end.Children() {
		if child := w.byRef[ref]; child != nil && (child.poisoned || w.held(child)) {
			return true
		}
	}
	return false
}

// awaits reports whether the saga waits for a child that has not ended.
func (w *world) awaits(c *client) bool {
	for _, ref := range c.end.Children() {
		if child := w.byRef[ref]; child != nil && child.open() {
			return true
		}
	}
	return false
}

// ask returns a token for a question to an orchestrator, whose answer goes to heard.
func (w *world) ask(heard func(saga.Reply)) uint64 {
	w.questions++
	token := childTokens + w.questions
	w.answers[token] = heard
	return token
}

// childTokens is above the tokens of clients.
const childTokens = 1 << 32
