package saga

import (
	"encoding/json"
	"time"
)

// StepStatus is where one step of a saga stands.
type StepStatus struct {
	Name  string    `json:"name"`
	Kind  Kind      `json:"kind"`
	State StepState `json:"state"`
	// Result is that of the action, nil while none is known. It is shared: do not change it.
	Result       json.RawMessage `json:"result,omitempty"`
	Action       TrackStatus     `json:"action"`
	Compensation TrackStatus     `json:"compensation"`
}

// TrackStatus is what is known of the attempts of a step in one direction.
type TrackStatus struct {
	// Attempts is the number of the last attempt, 0 when there was none.
	Attempts int `json:"attempts"`
	// Open: the last attempt was started and has no outcome.
	Open bool `json:"open,omitempty"`
	// Deadline is that of the last attempt.
	Deadline time.Time `json:"deadline,omitzero"`
	// Due is when the next attempt is due; zero when none is scheduled.
	Due time.Time `json:"due,omitzero"`
	// Error is that of the last attempt that ended with one.
	Error string `json:"error,omitempty"`
	// Probe is the part that the step's probe has in the last attempt.
	Probe ProbeUse `json:"probe,omitzero"`
}

// Steps returns where each step stands, in the order of the plan. The slice belongs to the caller.
func (in *Instance) Steps() []StepStatus {
	steps := make([]StepStatus, len(in.steps))
	for i := range in.steps {
		s, planned := &in.steps[i], &in.plan.Steps[i]
		steps[i] = StepStatus{
			Name: planned.Name, Kind: planned.Kind, State: s.state, Result: s.result,
			Action: s.track(Action).status(), Compensation: s.track(Compensation).status(),
		}
	}
	return steps
}

func (t track) status() TrackStatus {
	return TrackStatus{Attempts: t.attempts, Open: t.open, Deadline: t.deadline.time(), Due: t.due.time(), Error: t.lastError, Probe: t.probe}
}
