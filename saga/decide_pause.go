package saga

import "fmt"

// decidePause has the saga stand still.
func (in *Instance) decidePause(c Pause) ([]Event, error) {
	if err := in.mayOperate("pause", c.Actor, c.Reason, saw(c.SeenRevision, in.revision), true); err != nil {
		return nil, err
	}
	if in.paused != nil {
		return nil, nil
	}
	return []Event{SagaPaused{Actor: c.Actor, Reason: c.Reason, SeenRevision: noted(c.SeenRevision)}}, nil
}

// decideResume lets the saga go on.
func (in *Instance) decideResume(c Resume) ([]Event, error) {
	if err := in.mayOperate("resume", c.Actor, c.Reason, saw(c.SeenRevision, in.revision), true); err != nil {
		return nil, err
	}
	if in.paused == nil {
		return nil, fmt.Errorf("resume %s: %w", in.ref, ErrNotPaused)
	}
	return []Event{SagaResumed{Actor: c.Actor, Reason: c.Reason, SeenRevision: noted(c.SeenRevision)}}, nil
}
