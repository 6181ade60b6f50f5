package sagatest

import (
	"strings"

	"github.com/skaldgo/skald/saga"
)

// What comes about between sagas and those that they start.
const (
	markChildBegun      = "a child begun"
	markChildTakenOver  = "a child begun by another life than the one that had asked for it"
	markChildCompleted  = "a child that completed"
	markChildFailed     = "a child that failed"
	markChildTerminated = "a child that an operator ended"
	markChildCancelled  = "a child cancelled by its parent"
	markUndoneBySaga    = "a completed child compensated by a saga"
	markUndoneByCall    = "a completed child compensated by a function"
	markUndoAgain       = "a saga that compensates started again"
)

// kinship takes note of an event of a saga that starts others, or was started by another.
func (w *world) kinship(c *client, event saga.Event) {
	switch e := event.(type) {
	case saga.ChildRequested:
		c.asked = w.life()
	case saga.CompensationCompleted:
		switch step := c.end.Plan().Steps[indexOf(c.end.Plan(), e.Step)]; {
		case step.Child == nil || e.Nothing:
		case step.Child.UndoSaga != "":
			w.mark(markUndoneBySaga)
		default:
			w.mark(markUndoneByCall)
		}
	}
	if c.parent == nil {
		return
	}
	switch e := event.(type) {
	case saga.SagaStarted:
		w.mark(markChildBegun)
		if c.parent.asked != w.life() {
			w.mark(markChildTakenOver)
		}
		if strings.Contains(c.ref.ID, "/undo/") {
			w.mark(markUndoAgain)
		}
	case saga.SagaCancelRequested:
		if strings.HasPrefix(e.Actor, "saga:") {
			w.mark(markChildCancelled)
		}
	case saga.SagaCompleted:
		w.mark(markChildCompleted)
	case saga.SagaFailed:
		w.mark(markChildFailed)
	case saga.SagaTerminated:
		w.mark(markChildTerminated)
	}
}

// life is the one whose call of the store is under way, nil for a person.
func (w *world) life() *node {
	if w.current == nil {
		return nil
	}
	return w.current.n
}
