package sagatest

import (
	"fmt"

	"github.com/skaldgo/skald/saga"
)

// words takes note of an event by which an operator has said something about a saga, and of what comes of that later. It is
// called before the event is folded.
func (w *world) words(c *client, event saga.Event) {
	switch e := event.(type) {
	case saga.StepResolved:
		c.told = addNew(c.told, e.Step)
		if e.Direction == saga.Action {
			w.mark(markResolved)
		} else {
			w.mark(markUndoResolved)
		}
	case saga.StepSkipped:
		w.mark(markSkipped)
		if c.end.Steps()[indexOf(c.end.Plan(), e.Step)].Action.Attempts > 0 {
			w.mark(markSkippedTried)
		}
	case saga.DeadlineExtended:
		if w.mark(markExtended); c.end.Overdue() {
			w.mark(markRelieved)
		}
	case saga.RetryPolicyChanged:
		w.mark(markPolicy)
	case saga.SagaMigrated:
		w.moved(c, e)
	}
}

// balanced checks the effects of a saga of whose steps an operator has told the truth: the books must be those of one that was
// told by the participants. Package verify cannot know that the operator spoke the truth, and leaves those steps out.
func (w *world) balanced(c *client) error {
	if w.ledger == nil || c.poisoned {
		return nil
	}
	want := c.end.State() == saga.StateCompleted
	if !want && c.end.State() != saga.StateFailed {
		return nil
	}
	for _, step := range c.told {
		planned := c.end.Plan().Steps[indexOf(c.end.Plan(), step)]
		if entry := w.ledger.entry(c.ref, step); planned.Child == nil && entry != nil && entry.stands() != want {
			return fmt.Errorf("%s has %s, an operator has told the truth of %s, and its effect stands: %t", c.ref, c.end.State(), step, !want)
		}
	}
	return nil
}

// entry returns what the books hold of the action of a step, nil for nothing.
func (l *Ledger) entry(ref saga.Ref, step string) *ledgerEntry {
	return l.actions[saga.IdempotencyKey(ref, step, saga.Action, 0)]
}

// stands reports whether the effect has happened and was not taken back.
func (e *ledgerEntry) stands() bool { return !e.refused && !e.undone }
