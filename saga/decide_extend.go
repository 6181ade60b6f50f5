package saga

import (
	"fmt"
	"time"
)

// decideExtend gives the saga another deadline.
func (in *Instance) decideExtend(c Extend) ([]Event, error) {
	if err := in.mayOperate("extend", c.Actor, c.Reason, saw(c.SeenRevision, in.revision), true); err != nil {
		return nil, err
	}
	deadline := instant(c.Deadline)
	switch {
	case in.state == StateCompensating:
		return nil, fmt.Errorf("extend %s: it has turned round: %w", in.ref, ErrTooLate)
	case deadline.IsZero(), !deadline.After(c.Now):
		return nil, fmt.Errorf("extend %s to %s: %w", in.ref, c.Deadline.Format(time.RFC3339), ErrInvalidDeadline)
	}
	return []Event{DeadlineExtended{
		Deadline: deadline, Actor: c.Actor, Reason: c.Reason, SeenRevision: noted(c.SeenRevision),
	}}, nil
}
