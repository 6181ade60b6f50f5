package projectorcli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

// childView is a saga that a step has started, and what its end was to that step.
type childView struct {
	Name      string         `json:"name"`
	ID        string         `json:"id"`
	Step      string         `json:"step"`
	Direction saga.Direction `json:"direction"`
	Attempt   int            `json:"attempt"`
	// Outcome is that of the attempt that waits, or has waited, for the child.
	Outcome string `json:"outcome"`
	// Condition and Waits are those of the child itself while it is waited for: what holds it up holds up its parent as well.
	Condition string    `json:"condition,omitempty"`
	Waits     *waitView `json:"waits,omitempty"`
}

func (c *childView) ref() saga.Ref { return saga.Ref{Name: c.Name, ID: c.ID} }

func (c *childView) String() string {
	words := fmt.Sprintf("%s of the %s of %s: %s", c.ref(), c.Direction, c.Step, c.Outcome)
	if c.Condition != "" {
		words += "; it is " + c.Condition
	}
	if c.Waits != nil {
		words += " and waits for " + c.Waits.For
	}
	return words
}

// lookAtChildren tells how the sagas stand that this one waits for. One that cannot be told keeps nobody from seeing its parent.
func (s *story) lookAtChildren(ctx context.Context, store eventstore.Store) {
	for _, c := range s.Children {
		if !slices.Contains(s.awaited, c.ref()) {
			continue
		}
		child, err := tell(ctx, store, c.ref())
		switch {
		case errors.Is(err, saga.ErrNotFound):
			c.Condition = "not started yet"
		case err != nil:
			c.Condition = "not to be read: " + firstLine(err.Error())
		default:
			c.Condition, c.Waits = child.condition(), child.Waits
		}
	}
}

// endOfChildren tells of each child how the attempt has ended that has asked for it.
func (s *story) endOfChildren() {
	for _, child := range s.Children {
		for _, a := range s.step(child.Step).of(child.Direction) {
			if a.Attempt == child.Attempt {
				child.Outcome = a.Outcome
			}
		}
	}
}
