package saga

import (
	"encoding/json"
	"time"
)

// Event is one fact of a saga's history. The types in this file are all there are. Instants are rounded to milliseconds.
type Event interface {
	// EventType returns the name by which the log knows the type; it never changes.
	EventType() string
}

// SagaStarted is the first event of every saga: everything that the saga needs to go on is in it.
type SagaStarted struct {
	Name           string `json:"name"`
	ID             string `json:"id"`
	Version        int    `json:"version"`
	DefinitionHash string `json:"definition_hash"`
	// CorrelationID is in the metadata of every later event of the saga.
	CorrelationID string          `json:"correlation_id"`
	Plan          *Plan           `json:"plan"`
	Data          json.RawMessage `json:"data"`
	// Deadline is when the saga as a whole is to have ended; zero when it has no such limit.
	Deadline time.Time `json:"deadline,omitzero"`
	// Parent is the saga that has started this one, nil when none has.
	Parent *Parent `json:"parent,omitempty"`
}

// SagaCompleted ends a saga whose every step succeeded.
type SagaCompleted struct{}

// SagaFailed ends a saga whose every compensation has finished.
type SagaFailed struct {
	FailedStep string `json:"failed_step,omitempty"`
	Reason     string `json:"reason"`
}

// SagaParked says that automation has given up and that the saga waits for a person.
type SagaParked struct {
	Parked
}

// AttemptStarted is recorded before an attempt runs: the record is the attempt's outbox.
type AttemptStarted struct {
	Step    string `json:"step"`
	Attempt int    `json:"attempt"`
	Key     string `json:"key"`
	// Deadline is zero for a wait without limit.
	Deadline time.Time `json:"deadline,omitzero"`
	// TotalDeadline is when all attempts together must have ended; zero when there is no such limit.
	TotalDeadline time.Time `json:"total_deadline,omitzero"`
}

// StepStarted says that an attempt of a step's action is about to run.
type StepStarted struct {
	AttemptStarted
	// Probe tells whether the attempt asks the probe of the step, and whether it does anything else.
	Probe ProbeUse `json:"probe,omitzero"`
}

// CompensationStarted says that an attempt of a step's compensation is about to run.
type CompensationStarted struct {
	AttemptStarted
	// ResultKnown tells whether the action's result is given to it.
	ResultKnown bool `json:"result_known,omitempty"`
}

// StepCompleted says that an attempt of the action succeeded.
type StepCompleted struct {
	Step    string          `json:"step"`
	Attempt int             `json:"attempt"`
	Result  json.RawMessage `json:"result,omitempty"`
	// Late: the attempt had already been given up when its success became known.
	Late bool `json:"late,omitempty"`
	// Signal is the id of the signal that ended the wait of the step.
	Signal string `json:"signal,omitempty"`
	// Lapsed: no signal came in time, and the result is the default.
	Lapsed bool `json:"lapsed,omitempty"`
}

// CompensationCompleted says that an attempt of the compensation succeeded.
type CompensationCompleted struct {
	Step    string `json:"step"`
	Attempt int    `json:"attempt"`
	// Nothing: the compensation found nothing to undo.
	Nothing bool `json:"nothing,omitempty"`
}

// AttemptFailed carries why an attempt ended with an error.
type AttemptFailed struct {
	Step    string `json:"step"`
	Attempt int    `json:"attempt"`
	Error   string `json:"error"`
	// Permanent: no retry will help and, for an action, this attempt certainly had no effect.
	Permanent bool `json:"permanent,omitempty"`
	// Stack is that of a panic.
	Stack string `json:"stack,omitempty"`
}

// StepFailed says that an attempt of the action returned an error or panicked.
type StepFailed struct{ AttemptFailed }

// CompensationFailed says that an attempt of the compensation returned an error or panicked.
type CompensationFailed struct{ AttemptFailed }

// AttemptRef names one attempt of one step.
type AttemptRef struct {
	Step    string `json:"step"`
	Attempt int    `json:"attempt"`
}

// StepTimedOut says that the deadline of an attempt of the action passed: its outcome is unknown.
type StepTimedOut struct{ AttemptRef }

// CompensationTimedOut says that the deadline of an attempt of the compensation passed.
type CompensationTimedOut struct{ AttemptRef }

// StepInterrupted says that an attempt of the action ended because its orchestrator stopped or died.
type StepInterrupted struct{ AttemptRef }

// CompensationInterrupted says that an attempt of the compensation ended because its orchestrator stopped or died.
type CompensationInterrupted struct{ AttemptRef }

// RetryScheduled says when the next attempt is due; Attempt is its number.
type RetryScheduled struct {
	Step    string    `json:"step"`
	Attempt int       `json:"attempt"`
	Due     time.Time `json:"due"`
}

// StepRetryScheduled schedules the next attempt of the action.
type StepRetryScheduled struct {
	RetryScheduled
	// Probe is ProbeOnly when no attempt of the action is left, and only the probe is asked before the step is given up.
	Probe ProbeUse `json:"probe,omitzero"`
}

// CompensationRetryScheduled schedules the next attempt of the compensation.
type CompensationRetryScheduled struct{ RetryScheduled }

// StepGivenUp says that a branch of a parallel group gets no further attempt while others of the group still run, or have an
// unknown outcome that a probe is to tell: no more of them is started, and the saga turns round when those that run have an
// outcome and the probes were asked.
type StepGivenUp struct {
	Step   string `json:"step"`
	Reason string `json:"reason"`
}

// ChildRequested says that a step waits for another saga, which is started with Data as soon as this is recorded. Its end
// is the outcome of the attempt.
type ChildRequested struct {
	Step      string          `json:"step"`
	Direction Direction       `json:"direction"`
	Attempt   int             `json:"attempt"`
	Child     Ref             `json:"child"`
	Data      json.RawMessage `json:"data"`
}

// CompensationRequested turns the saga round. The plan in it is final.
type CompensationRequested struct {
	FailedStep string `json:"failed_step"`
	Reason     string `json:"reason"`
	// Plan names the steps to compensate, in the order in which that will be done: the reverse of their start.
	Plan []string `json:"plan"`
}

// SagaCancelRequested says that an operator wants the saga undone. It is compensated as soon as no attempt is open and
// the outcome of a pivot that was started is known; when the pivot has succeeded by then, the saga goes on.
type SagaCancelRequested struct {
	Actor  string `json:"actor"`
	Reason string `json:"reason"`
	// SeenRevision is the revision of the saga that the operator had before them, nil when they did not say.
	SeenRevision *int64 `json:"seen_revision,omitempty"`
}

// SignalReceived is news from outside: the result of a step that awaits it.
type SignalReceived struct {
	ID      string          `json:"id"`
	Name    string          `json:"name"`
	Payload json.RawMessage `json:"payload,omitempty"`
	Actor   string          `json:"actor,omitempty"`
}

// SagaOverdue says that the deadline of the saga passed on its way forward. Before the point of no return the saga is
// compensated as soon as it can be, as one that is cancelled; after it nothing follows.
type SagaOverdue struct {
	Deadline time.Time `json:"deadline"`
}

// SagaTerminated ends a saga as it stands, without compensation.
type SagaTerminated struct {
	Actor        string `json:"actor"`
	Reason       string `json:"reason"`
	SeenRevision *int64 `json:"seen_revision,omitempty"`
	// Undone names the steps whose effects stay, or may stay, in the order of the plan.
	Undone []string `json:"undone"`
}

// SagaPaused says that an operator has the saga stand still: until SagaResumed nothing of it begins. Attempts that are open
// come to their outcomes, and what follows from those is decided when the saga is resumed.
type SagaPaused struct {
	Actor        string `json:"actor"`
	Reason       string `json:"reason"`
	SeenRevision *int64 `json:"seen_revision,omitempty"`
}

// SagaResumed says that an operator lets a paused saga go on.
type SagaResumed struct {
	Actor        string `json:"actor"`
	Reason       string `json:"reason"`
	SeenRevision *int64 `json:"seen_revision,omitempty"`
}

// DeadlineExtended says that an operator gives the saga as a whole another deadline. One that had passed has not, if the
// saga has not turned round for it.
type DeadlineExtended struct {
	Deadline     time.Time `json:"deadline"`
	Actor        string    `json:"actor"`
	Reason       string    `json:"reason"`
	SeenRevision *int64    `json:"seen_revision,omitempty"`
}

// RetryPolicyChanged says that an operator has the attempts of a step go by another retry policy, in one direction. An
// attempt that is open keeps its deadline, and a retry that is scheduled stays due when it is.
type RetryPolicyChanged struct {
	Step      string    `json:"step"`
	Direction Direction `json:"direction"`
	// Retry is the whole policy from then on, also when the saga is migrated. Timeouts stay as the plan has them.
	Retry        PlannedRetry `json:"retry"`
	Actor        string       `json:"actor"`
	Reason       string       `json:"reason"`
	SeenRevision *int64       `json:"seen_revision,omitempty"`
}

// SagaMigrated says that an operator has the saga go on by another version of its definition. What it has come to stays as it
// is: results, attempts and what is to be compensated are those of the steps of the same names. So do instants that are
// recorded: deadlines of open attempts and of the saga as a whole, and when retries are due.
type SagaMigrated struct {
	Version        int    `json:"version"`
	DefinitionHash string `json:"definition_hash"`
	// Plan is that of the version. Retry policies that operators have changed hold in place of what it says.
	Plan         *Plan  `json:"plan"`
	Actor        string `json:"actor"`
	Reason       string `json:"reason"`
	SeenRevision *int64 `json:"seen_revision,omitempty"`
}

// StepRedriven says that an operator lets a parked saga go on, with a fresh budget of attempts for the parked step.
type StepRedriven struct {
	Step      string    `json:"step"`
	Direction Direction `json:"direction"`
	Actor     string    `json:"actor"`
	Reason    string    `json:"reason"`
	// SeenRevision is the revision of the saga that the operator had before them.
	SeenRevision int64 `json:"seen_revision"`
}

// StepResolved says that an operator has told what came of the parked step, and lets the saga go on: its action is completed,
// or its compensation is done. No attempt has brought it.
type StepResolved struct {
	Step      string    `json:"step"`
	Direction Direction `json:"direction"`
	// Result is that of an action.
	Result json.RawMessage `json:"result,omitempty"`
	// Evidence tells how it is known that the step is undone.
	Evidence string `json:"evidence,omitempty"`
	Actor    string `json:"actor"`
	Reason   string `json:"reason"`
	// SeenRevision is the revision of the saga that the operator had before them.
	SeenRevision int64 `json:"seen_revision"`
}

// StepSkipped says that an operator has the saga pass a step over, without a result. It ends the wait of a step that waits for a
// signal, and the parking of a saga that was parked at the step.
type StepSkipped struct {
	Step   string `json:"step"`
	Actor  string `json:"actor"`
	Reason string `json:"reason"`
	// SeenRevision is the revision of the saga that the operator had before them.
	SeenRevision int64 `json:"seen_revision"`
}
