package projectorcli

import (
	"fmt"

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
}

func (c *childView) String() string {
	return fmt.Sprintf("%s/%s of the %s of %s: %s", c.Name, c.ID, c.Direction, c.Step, c.Outcome)
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
