package saga

// ParkReason tells why automation gave up.
type ParkReason string

// The reasons for parking.
const (
	// ParkedRetriesUsedUp: a compensation, or a step after the point of no return, failed for the last time.
	ParkedRetriesUsedUp ParkReason = "retries_used_up"
	// ParkedPermanentError: a compensation, or a step after the point of no return, said that no retry will help.
	ParkedPermanentError ParkReason = "permanent_error"
	// ParkedPivotUnknown: whether the pivot happened is unknown, and it was asked as often as its policy allows.
	ParkedPivotUnknown ParkReason = "pivot_outcome_unknown"
	// ParkedInterrupted: attempts of the step were interrupted too often by stops and crashes.
	ParkedInterrupted ParkReason = "interrupted_too_often"
	// ParkedStillRunning: an attempt has not returned long after its deadline; nothing may start beside it. It is one of the step
	// named, or, where an operator has passed that one, of an earlier step.
	ParkedStillRunning ParkReason = "attempt_still_running"
	// ParkedLateSuccess: a step was found to have happened after its compensation had ended without its result.
	ParkedLateSuccess ParkReason = "late_success"
	// ParkedStepMissing: the registered definition has no function for the step that the plan names.
	ParkedStepMissing ParkReason = "step_missing"
)

// Parked says at which step a saga waits for a person, and why.
type Parked struct {
	Step      string     `json:"step"`
	Direction Direction  `json:"direction"`
	Reason    ParkReason `json:"reason"`
	Attempts  int        `json:"attempts"`
	// Error is the last error of the step, when there was one.
	Error string `json:"error,omitempty"`
}

// Remedy tells the operator what can be done about it.
func (p Parked) Remedy() string {
	switch p.Reason {
	case ParkedStillRunning:
		return "end the attempt that still runs, of this step or of an earlier one, or restart its orchestrator; then redrive"
	case ParkedLateSuccess:
		return "redrive to compensate the step with its result, or undo it by hand and resolve"
	case ParkedStepMissing:
		return "run an orchestrator whose definition has the step; then redrive"
	case ParkedInterrupted:
		return "find out what stops the orchestrator during this step; then redrive"
	case ParkedPivotUnknown:
		return "find out at the participant whether it happened; if so resolve, or let its answer repeat, then redrive"
	case ParkedRetriesUsedUp, ParkedPermanentError:
	}
	return "remove the cause of the error; then redrive"
}
